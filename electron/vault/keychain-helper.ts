import process from "node:process";
import { assertNever } from "../../shared/errors.ts";
import { keepMemoryOutOfDumps } from "../memory-dumps.ts";
import { isKeychainRequest, type KeychainReply, type KeychainRequest } from "./keychain-messages.ts";

// Entry of the keychain's helper process. The native calls can hang for ever (an unlock prompt that nobody answers, a stuck daemon)
// and can crash, so they are made here, where they can be killed. Values come and go in messages over the pipe to our parent only.
// `find*` is never called: it takes the process down on a locked keyring and on other programs' items.

/** The three calls that are used of keytar. */
interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, value: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

/** The parent's end: Node's IPC channel, or Electron's parentPort in a utility process. */
interface Parent {
  send(reply: KeychainReply): void;
  listen(listener: (message: unknown) => void): void;
}

interface ParentPort {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { readonly data: unknown }) => void): void;
}

async function loadKeytar(): Promise<Keytar> {
  const loaded: unknown = await import("keytar");
  const module: unknown = (loaded as { readonly default?: unknown }).default ?? loaded;
  if (!isKeytar(module)) throw new Error("the keychain module is not what it should be");
  return module;
}

function isKeytar(module: unknown): module is Keytar {
  if (typeof module !== "object" || module === null) return false;
  const { getPassword, setPassword, deletePassword } = module as Record<string, unknown>;
  return [getPassword, setPassword, deletePassword].every((call) => typeof call === "function");
}

async function answer(request: KeychainRequest): Promise<KeychainReply> {
  const { id, service, account } = request;
  try {
    const keytar = await loadKeytar();
    switch (request.op) {
      case "get":
        return { id, kind: "value", value: await keytar.getPassword(service, account) };
      case "set":
        await keytar.setPassword(service, account, request.value);
        return { id, kind: "done", done: true };
      case "delete":
        return { id, kind: "done", done: await keytar.deletePassword(service, account) };
      default:
        return assertNever(request);
    }
  } catch (error) {
    return { id, kind: "error", message: error instanceof Error ? error.message : "unknown error" };
  }
}

function findParent(): Parent | undefined {
  const port = (process as { readonly parentPort?: ParentPort | undefined }).parentPort;
  if (port) {
    return {
      send: (reply) => port.postMessage(reply),
      listen: (listener) => port.on("message", (event) => listener(event.data)),
    };
  }
  const send = process.send?.bind(process);
  if (send === undefined) return undefined;
  // A native call that hangs would also hold up an orderly exit.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  return {
    // A parent that is gone needs no answer.
    send: (reply) => void send(reply, undefined, undefined, () => {}),
    listen: (listener) => void process.on("message", listener),
  };
}

keepMemoryOutOfDumps();
const parent = findParent();
if (parent === undefined) {
  process.exitCode = 2; // started by hand: nobody to talk to
} else {
  // One after the other: several reads at once of a locked keyring never return (libsecret with gnome-keyring 42, seen 149 times in 150).
  let last: Promise<void> = Promise.resolve();
  parent.listen((message) => {
    if (!isKeychainRequest(message)) return;
    last = last.then(async () => parent.send(await answer(message)));
  });
}
