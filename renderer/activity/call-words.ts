import { messages } from "../messages.ts";
import type { CallSummary } from "./join.ts";

/** The state of a call in a few words: what was decided, by whom, and what came of it. */
export function callWords(call: CallSummary): string {
  const words = messages.activity;
  const decided = (word: string): string => (call.by === null ? word : words.decided(word, call.by));
  if (call.state === "waiting") return words.waiting;
  if (call.state === "denied") return decided(words.denied);
  const plain = call.outcome === null || call.outcome === undefined || call.outcome === "ok";
  const tail = call.state === "running" ? words.running : plain ? "" : words.outcomes[call.outcome ?? "ok"];
  return [decided(words.allowed), tail].filter((part) => part !== "").join(" · ");
}
