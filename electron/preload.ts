import { contextBridge, ipcRenderer } from "electron";
import { callChannels, pushChannels } from "../shared/ipc/channels.ts";

/**
 * All that a page gets: its role, calls and pushes by the names of channels.ts. No ipcRenderer, no event object, no other name. What a
 * call may do is decided in the main process, which knows the window; the role here only tells the page what to draw.
 */
const role = process.argv.includes("--portcullis-role=approval") ? "approval" : "window";
const calls: ReadonlySet<unknown> = new Set(callChannels);
const listeners = new Map<unknown, Set<(payload: unknown) => void>>(pushChannels.map((channel) => [channel, new Set()]));

for (const channel of pushChannels) {
  ipcRenderer.on(channel, (_event, payload: unknown) => {
    for (const listener of listeners.get(channel) ?? []) listener(payload);
  });
}

contextBridge.exposeInMainWorld("portcullis", {
  role,
  call(channel: unknown, input: unknown): Promise<unknown> {
    if (!calls.has(channel)) return Promise.resolve({ ok: false, error: { code: "bad-input", message: "There is no such channel." } });
    return ipcRenderer.invoke("call", channel, input);
  },
  on(channel: unknown, listener: (payload: unknown) => void): () => void {
    const set = listeners.get(channel);
    if (set === undefined || typeof listener !== "function") throw new TypeError("There is no such push.");
    // Of its own, so that the same function twice is two subscriptions.
    const subscription = (payload: unknown): void => listener(payload);
    set.add(subscription);
    if (set.size === 1) ipcRenderer.send("subscribe", channel, true);
    return () => {
      if (set.delete(subscription) && set.size === 0) ipcRenderer.send("subscribe", channel, false);
    };
  },
});
