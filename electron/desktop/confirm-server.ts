import { dialog, type BrowserWindow, type MessageBoxOptions } from "electron";
import type { ServerView } from "../../shared/model/server.ts";
import { messages } from "./messages.ts";

/**
 * The one question that no page can answer: may this server run? Asked by the system's own dialog, in words of the main process, from
 * what the main process knows (threats 1 and 9). Cancel is the default, Escape and closing are a no.
 *
 * @param server as it stands now; false without asking where it is unknown or no longer what the page has shown
 */
export async function confirmServer(window: BrowserWindow | null, server: ServerView | undefined, fingerprint: string): Promise<boolean> {
  if (server === undefined || server.fingerprint !== fingerprint) return false;
  const { title, detail, cancel, accept } = messages.confirmServer;
  const options: MessageBoxOptions = {
    type: "question",
    message: title(server.name),
    detail: detail(server),
    buttons: [cancel, accept],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
  const { response } = window === null ? await dialog.showMessageBox(options) : await dialog.showMessageBox(window, options);
  return response === 1;
}
