import type { ServerState } from "../../shared/model/server.ts";
import { messages } from "../messages.ts";
import { Dot } from "../ui/badge.tsx";

const looks = {
  new: "amber",
  changed: "amber",
  disabled: "hollow",
  installing: "busy",
  idle: "hollow",
  starting: "busy",
  running: "green",
  failed: "red",
} as const satisfies Record<ServerState["kind"], string>;

export function StateDot({ state }: { readonly state: ServerState }) {
  return <Dot look={looks[state.kind]} />;
}

export function stateWords(state: ServerState): string {
  return state.kind === "running" ? messages.servers.running(state.instances) : messages.servers.states[state.kind];
}
