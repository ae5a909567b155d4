import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, WebContents } from "electron";
import { z } from "zod";
import { fail, type AppError } from "../../shared/errors.ts";
import { pushChannels, type PushChannel } from "../../shared/ipc/channels.ts";
import { contract, type Push, type Role } from "../../shared/ipc/contract.ts";
import type { Envelope } from "../../shared/ipc/envelope.ts";
import type { App } from "../app.ts";
import { appOrigin } from "./security-settings.ts";

/**
 * The one door between pages and the app. A message counts only when it comes from a window we made, from its main frame, and while
 * that shows a page of ours; the role is the window's and cannot be claimed. Then the same dispatcher as for every other surface.
 */
export interface IpcServerDeps {
  readonly ipcMain: Pick<IpcMain, "handle" | "on" | "removeHandler" | "off">;
  readonly app: Pick<App, "dispatch" | "subscribe">;
  /** The role of the window with these contents; undefined for contents that are not a window of ours. */
  roleOf(contentsId: number): Role | undefined;
  /** What the approval window shows: the last question it fetched. */
  onShown(id: string): void;
  /** The approval window answered this one. */
  onAnswered(id: string): void;
  /** The approval window's content asks for its height. */
  onResize(height: number): void;
  /**
   * Asks the person outside of every page whether this server, as it stands, may run; false where they say no. A page that runs
   * somebody else's script could press its own buttons, but not this one (threat 9).
   */
  confirm(server: string, fingerprint: string): Promise<boolean>;
  /** Refuses an answer from the windows before it is dispatched, with the reason; null lets it pass. */
  refuse(role: Role, answer: { readonly id: string; readonly verdict: string }): string | null;
}

const idSchema = z.object({ id: z.string() });
const subscriptionSchema = z.tuple([z.enum(pushChannels), z.boolean()]);

/** Returns the close. */
export function createIpcServer(deps: IpcServerDeps): () => void {
  const { ipcMain, app } = deps;
  const subscribers = new Map<PushChannel, Set<WebContents>>(pushChannels.map((channel) => [channel, new Set()]));
  const known = new WeakSet<WebContents>();

  const push = <C extends PushChannel>(channel: C, payload: Push<C>): void => {
    for (const contents of subscribers.get(channel) ?? []) {
      if (!contents.isDestroyed()) contents.send(channel, payload);
    }
  };
  const forget = (contents: WebContents): void => {
    for (const set of subscribers.values()) set.delete(contents);
  };

  const senderRole = (event: IpcMainInvokeEvent | IpcMainEvent): Role | undefined => {
    const frame = event.senderFrame;
    if (frame === null || frame.detached || frame.parent !== null || frame.origin !== appOrigin) return undefined;
    if (frame !== event.sender.mainFrame) return undefined;
    return deps.roleOf(event.sender.id);
  };

  const call = async (event: IpcMainInvokeEvent, ...args: unknown[]): Promise<Envelope> => {
    const role = senderRole(event);
    if (role === undefined) return refused("This page may not ask anything of Portcullis.");
    const [channel, input] = args;
    if (channel === "view.resize") return resize(role, input);
    if (channel === "approval.answer") {
      const answer = contract["approval.answer"].input.safeParse(input);
      const reason = answer.success ? deps.refuse(role, answer.data) : null;
      if (reason !== null) return refused(reason);
    }
    if (channel === "server.add" && contract["server.add"].input.safeParse(input).data?.accept === true) {
      return refused("A page cannot have a command accepted that nobody was shown. Add it first, then accept it.");
    }
    if (channel === "server.accept") {
      const asked = contract["server.accept"].input.safeParse(input);
      if (asked.success && !(await deps.confirm(asked.data.name, asked.data.fingerprint))) return refused("It was not accepted.");
    }
    const envelope = await app.dispatch(role, channel, input);
    if (role === "approval" && envelope.ok) noteApproval(channel, input);
    return envelope;
  };

  const noteApproval = (channel: unknown, input: unknown): void => {
    const { data } = idSchema.safeParse(input);
    if (data === undefined) return;
    if (channel === "approval.get") deps.onShown(data.id);
    if (channel === "approval.answer") deps.onAnswered(data.id);
  };

  const resize = (role: Role, input: unknown): Envelope => {
    const { who, input: schema } = contract["view.resize"];
    if (!who.includes(role)) return refused("Only the approval window has a height to ask for.");
    const parsed = schema.safeParse(input);
    if (!parsed.success) return failed(fail("bad-input", "The height must be a number of CSS pixels from 80 to 4000.").error);
    deps.onResize(parsed.data.height);
    return { ok: true, value: undefined };
  };

  const subscribe = (event: IpcMainEvent, ...args: unknown[]): void => {
    const parsed = subscriptionSchema.safeParse(args);
    if (senderRole(event) === undefined || !parsed.success) return;
    const [channel, on] = parsed.data;
    const contents = event.sender;
    if (!on) {
      subscribers.get(channel)?.delete(contents);
      return;
    }
    subscribers.get(channel)?.add(contents);
    if (known.has(contents)) return;
    known.add(contents);
    contents.on("destroyed", () => forget(contents));
    // A page that crashed or was loaded anew subscribes again by itself.
    contents.on("render-process-gone", () => forget(contents));
    contents.on("did-start-navigation", (details) => {
      if (details.isMainFrame && !details.isSameDocument) forget(contents);
    });
  };

  ipcMain.handle("call", call);
  ipcMain.on("subscribe", subscribe);
  const unsubscribe = app.subscribe(push);
  return () => {
    ipcMain.removeHandler("call");
    ipcMain.off("subscribe", subscribe);
    unsubscribe();
  };
}

function refused(message: string): Envelope {
  return failed(fail("not-allowed", message).error);
}

function failed(error: AppError): Envelope {
  return { ok: false, error: { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } };
}
