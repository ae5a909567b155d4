import type { Approval, Finding } from "../../shared/model/approval.ts";

/**
 * A call in plain words, by its tool's name: "Change index.html". The name is the server's own, so it may make a call look graver,
 * never safe: what is not plainly a reading verb counts as a change, a claim to be read-only is ignored, and nothing is ever green.
 */
export type Tone = "reading" | "changing" | "destroying";

export const verbs = ["read", "list", "search", "change", "create", "move", "delete", "run", "send", "open", "call"] as const;
export type Verb = (typeof verbs)[number];

// Only words whose meaning is plain: a wrong verb in the headline would be worse than none.
const words: readonly (readonly [Verb, readonly string[]])[] = [
  ["read", ["read", "get", "fetch", "view", "show", "describe", "stat"]],
  ["list", ["list", "ls", "tree", "enumerate"]],
  ["search", ["search", "find", "grep"]],
  ["change", ["write", "edit", "update", "set", "patch", "change", "modify", "replace", "append", "rename", "put", "add", "insert"]],
  ["create", ["create", "new", "make", "mkdir"]],
  ["move", ["move", "mv"]],
  ["delete", ["delete", "remove", "rm", "drop", "destroy", "purge", "truncate", "wipe"]],
  ["run", ["run", "exec", "execute", "eval", "evaluate", "shell", "bash", "command", "script"]],
  ["send", ["send", "post", "publish", "push", "upload", "email", "mail"]],
  ["open", ["open", "browse", "visit", "navigate"]],
];

const tones: Readonly<Record<Verb, Tone>> = {
  read: "reading",
  list: "reading",
  search: "reading",
  change: "changing",
  create: "changing",
  move: "changing",
  open: "changing",
  call: "changing",
  delete: "destroying",
  run: "destroying",
  send: "destroying",
};

const graver: readonly Tone[] = ["reading", "changing", "destroying"];

/** The words of a tool's name: `write_file`, `deleteAll`, `repo/get-issue`. */
export function wordsOf(tool: string): readonly string[] {
  return tool
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** The gravest verb among the name's words; `call` when it has none that is known. */
export function verbOf(tool: string): Verb {
  const found = wordsOf(tool).flatMap((word) => words.filter(([, names]) => names.includes(word)).map(([verb]) => verb));
  const first = found[0];
  if (first === undefined) return "call";
  return found.reduce((gravest, verb) => (graver.indexOf(tones[verb]) > graver.indexOf(tones[gravest]) ? verb : gravest), first);
}

const files = ["path", "file_path", "filePath", "filename", "file", "source"];
const addresses = ["url", "uri"];
const commands = ["command", "cmd", "script", "code"];

/** What kind of argument a verb's object can be, by the argument's name. */
const objects: Readonly<Record<Verb, readonly string[]>> = {
  read: [...files, ...addresses],
  list: files,
  search: files,
  change: files,
  create: files,
  move: files,
  delete: files,
  run: commands,
  send: files,
  open: [...files, ...addresses],
  call: [],
};

/**
 * Whether "verb + value" is what the call says: only where the argument's name says that its value is the verb's object. A branch that is
 * deleted is no repository that is deleted, and a title is nothing that is created.
 */
export function namesObject(verb: Verb, key: string): boolean {
  return objects[verb].includes(key);
}

/** Whether "verb to value" is what the call says: what is moved is told by where it ends. */
export function namesGoal(verb: Verb, key: string): boolean {
  return verb === "move" && key === "destination";
}

/** Whether a finding hides something from the eye: the text itself, or where it leads. The others (markup, size, numbers) are true of ordinary files, too. */
export function hides({ kind }: Pick<Finding, "kind">): boolean {
  return kind === "invisible" || kind === "control" || kind === "padding" || kind === "climbs";
}

/** How grave a call looks: its verb, made graver by what hides in its arguments. */
export function toneOf(approval: Pick<Approval, "tool" | "findings">): Tone {
  return approval.findings.some(hides) ? "destroying" : tones[verbOf(approval.tool)];
}

/** A path or address cut where the eye should land: what leads there, and the thing itself. */
export function splitSubject(value: string): { readonly lead: string; readonly name: string } {
  if (value.length > 2000 || /[\s\u0000-\u001f]/.test(value)) return { lead: "", name: value };
  const trimmed = value.replace(/[/\\]+$/, "");
  const cut = Math.max(trimmed.lastIndexOf("/"), trimmed.lastIndexOf("\\"));
  if (cut <= 0 || /^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return { lead: "", name: value };
  return { lead: value.slice(0, cut + 1), name: value.slice(cut + 1) };
}
