import { assertNever } from "../../shared/errors.ts";
import type { Drift, Migration, Place, SecretClass } from "../../shared/model/migration.ts";
import { format } from "../format.ts";
import type { FoundCounts } from "../welcome/found.ts";
import type { ApplyPart, WizardStep } from "../welcome/steps.ts";
import type { Rich } from "./approvals.ts";
import { count } from "./plural.ts";

const secrets = (value: number): string => count(value, "secret", "secrets");
const files = (value: number): string => count(value, "file", "files");
const clients = (value: number): string => count(value, "client", "clients");
const servers = (value: number): string => count(value, "server", "servers");

/** Small numbers read as words. */
const small: readonly (string | undefined)[] = [undefined, undefined, "two", "three", "four", "five"];

const steps: Readonly<Record<WizardStep, string>> = {
  look: "Look",
  found: "Look",
  review: "Review",
  apply: "Move",
  done: "Done",
};

const classes: Readonly<Record<SecretClass, string>> = {
  secret: "secret",
  probable: "probably",
  unlikely: "unlikely",
};

const parts: Readonly<Record<ApplyPart, string>> = {
  store: "Put the secrets into the keychain",
  verify: "Start each server once through Portcullis",
  write: "Point the clients’ files at Portcullis",
};

const partsStored: Readonly<Record<ApplyPart, string>> = {
  store: "Each is read back before anything is changed.",
  verify: "A server that does not start stays with its client as it is.",
  write: "The original of each is kept, encrypted.",
};

const driftWords: Readonly<Record<Drift["kind"], string>> = {
  dropped: "dropped",
  rewritten: "rewritten",
  "re-added": "started past Portcullis",
  "new-secret": "a new plaintext secret",
};

const fileStates: Readonly<Record<Migration["files"][number]["state"], string>> = {
  applied: "through Portcullis",
  "changed-since": "changed since",
  undone: "put back",
  failed: "left as it was",
};

/** `GITHUB_TOKEN`, `--api-key`, `header Authorization`: where in an entry a value stands. */
export function placeWords(place: Place): string {
  switch (place.kind) {
    case "env":
      return place.name;
    case "env-json":
      return `${place.name} ${place.pointer}`;
    case "arg":
      return place.flag ?? `argument ${String(place.index + 1)}`;
    case "header":
      return `header ${place.name}`;
    case "url":
      return `${urlOwner(place.at)}, ${place.key ?? { userinfo: "password", query: "query", path: "path" }[place.part]}`;
    default:
      return assertNever(place);
  }
}

function urlOwner(at: string): string {
  if (at === "url") return "address";
  const argument = /^arg (\d+)$/.exec(at);
  return argument === null ? `address in ${at.replace(/^(?:env|header) /, "")}` : `address in argument ${String(Number(argument[1]) + 1)}`;
}

/** `17 plaintext secrets in 6 files of 4 clients`. */
export function foundSentence(counts: FoundCounts): string {
  if (counts.secrets > 0) {
    return `${count(counts.secrets, "plaintext secret", "plaintext secrets")} in ${files(counts.files)} of ${clients(counts.clients)}`;
  }
  if (counts.movable > 0) return `No plaintext secrets, but ${count(counts.movable, "server nobody guards", "servers nobody guards")}`;
  return counts.ours > 0 ? "Everything goes through Portcullis already" : "Nothing here can be moved";
}

export function inGitSentence(counts: FoundCounts): string | null {
  if (counts.inGit === 0) return null;
  const where = counts.inHistory > 0 ? "in git or its history" : "in git";
  if (counts.inGit === counts.files)
    return counts.files === 1 ? `The file is ${where}.` : `All ${format.number(counts.files)} are ${where}.`;
  return `${format.number(counts.inGit)} of these files ${counts.inGit === 1 ? "is" : "are"} ${where}.`;
}

/** What pressing the button does. */
export function moveWords(secretCount: number, clientCount: number): string {
  return secretCount === 0 ? `Connect ${clients(clientCount)}` : `Move ${secrets(secretCount)}, connect ${clients(clientCount)}`;
}

/** `17 secrets moved, 4 clients connected`. */
export function doneSentence(migration: Migration): string {
  const written = migration.files.filter(({ state }) => state === "applied" || state === "changed-since");
  if (written.length === 0)
    return migration.files.some(({ state }) => state === "undone") ? "Everything is as it was" : "Nothing was changed";
  const connected = `${clients(new Set(written.map(({ client }) => client)).size)} connected`;
  return migration.secrets.length === 0 ? connected : `${secrets(migration.secrets.length)} moved, ${connected}`;
}

export const migrationMessages = {
  title: "Look for configs",
  steps,
  stepList: "Steps",
  leave: "Not now",
  leaveDone: "Close",
  classes,
  look: {
    title: "Looking for MCP configs",
    text: "Portcullis reads the config files of the clients it knows. It changes nothing, and starts none of their servers.",
    progress: "Looking",
  },
  found: {
    safe: "Nothing has been changed yet.",
    review: "Review what would change",
    characters: (value: number) => count(value, "character", "characters"),
    secretCount: secrets,
    moreSecrets: (value: number) => `and ${format.number(value)} more`,
    list: "Files with plaintext secrets, the worst first",
    clean: (value: number) => `${count(value, "more file", "more files")} without plaintext secrets`,
    cleanOnly: (value: number) => `${files(value)} of your clients`,
    noEntries: "no servers",
    entries: servers,
    oursEntries: (value: number) => `${servers(value)} through Portcullis`,
    refused: "Left alone",
    unsure: "Shown, not written",
    project: (path: string) => `project ${path}`,
    absent: "Not on this machine",
    folder: "Look into a project, too",
    folderLabel: "Project folder",
    folderHelp: "A whole path. Projects that your clients remember are looked into anyway.",
    folderProblem: "A whole path, like /home/ann/projects/site.",
    folderAdd: "Look there",
    folders: (list: string) => `Looked into ${list}, too.`,
    again: "Look again",
    emptyTitle: "No MCP configs found",
    emptyText: "None of the clients that Portcullis knows has a config on this machine. Add a server here, and connect a client to it.",
    addServer: "Add a server",
    failed: "The look was cut short",
    nothing: "There is nothing to do here. What stays as it is, and why:",
    close: "Close",
  },
  review: {
    title: (secretCount: number, serverCount: number) =>
      secretCount === 0
        ? `${servers(serverCount)} behind the gate`
        : `${secrets(secretCount)} to the keychain, ${servers(serverCount)} behind the gate`,
    titleLoading: "What would change",
    text: "Nothing is written before you say so, and one click undoes it, byte for byte.",
    servers: "Servers and their secrets",
    take: (name: string) => `Move ${name}`,
    leftAlone: "stays as it is",
    inClients: (list: string) => `in ${list}`,
    moves: (name: string) => `Move ${name} to the keychain`,
    to: "becomes",
    exists: "is in the keychain already",
    elsewhere: (value: number) => `the same value stands in ${count(value, "other place", "other places")}`,
    plain: "stays readable, in Portcullis’ own config",
    unlikely: (value: number) => count(value, "value that does not look like a secret", "values that do not look like secrets"),
    more: "Details",
    moreOf: (name: string) => `Details of ${name}`,
    why: "Why this sandbox",
    openings: "Change folders and hosts…",
    openingsTitle: (name: string) => `What the sandbox of ${name} opens`,
    openingsSave: "Use this",
    openingsReset: "As proposed",
    changed: "changed by you",
    variables: "It gets these variables",
    variable: { secret: "from the keychain", plain: "a plain value" },
    look: "read this",
    shared: "Also move what is in files that git shares with others",
    sharedText: "Their entries would lead to your Portcullis, and would not work for anybody else who has the project.",
    files: "Files, before and after",
    filesText: "Secrets are shown by their first characters only. Everything else in the file stays as it is, to the byte.",
    lines: (added: number, removed: number) => `+${format.number(added)} −${format.number(removed)}`,
    linesSpoken: (added: number, removed: number) => `${count(added, "line", "lines")} added, ${format.number(removed)} removed`,
    stays: "Stays as it is",
    staysSecrets: (value: number) => `${count(value, "plaintext secret stays", "plaintext secrets stay")} there.`,
    restart: "To restart afterwards",
    updating: "Making the plan…",
    unread: (value: number) => `${count(value, "command", "commands")} to read first`,
    toUnread: "Show",
    vault: "The secret store has to be unlocked first.",
    back: "Back",
    none: "Nothing would change",
    failed: "It is not known what would change",
    lookAgain: "Look again",
    nothingChosen: "Every server is set to stay as it is.",
  },
  apply: {
    title: "Moving…",
    text: "This can take a few minutes where a server has to be installed. You may leave this page; it goes on.",
    parts,
    partText: partsStored,
    of: (done: number, total: number) => `${format.number(done)} of ${format.number(total)}`,
    state: { waiting: "waits", running: "is being done", done: "done" },
  },
  done: {
    restartTitle: (value: number) => (value === 1 ? "Restart this one" : `Restart these ${small[value] ?? format.number(value)}`),
    restartText: "What runs right now still goes by its old config.",
    failedTitle: "What did not work",
    failedText: "Nothing is lost: these are as they were, secrets included.",
    failedServer: (name: string): Rich => [{ strong: name }, " does not start through Portcullis"],
    retry: "Look again and try once more",
    rotateTitle: "Make new ones of these",
    rotateText:
      "The move takes a secret out of the file. It cannot take it out of copies: only a new one at its service makes those worthless.",
    filesTitle: "Files",
    undo: "Undo",
    undoAll: "Undo all of it",
    undoTitle: (value: number) => (value === 1 ? "Put this file back?" : `Put ${files(value)} back?`),
    undoText:
      "Each gets its original bytes again, with its secrets in plaintext. One that was changed since loses only what Portcullis wrote. Secrets and servers that nothing else uses are taken out of Portcullis.",
    undoConfirm: "Put back",
    undoing: "Putting back…",
    undone: "Put back.",
    undoFailed: "Not everything could be put back",
    finish: "Go to your servers",
    verified: (value: number) => `${servers(value)} started once through Portcullis and listed ${value === 1 ? "its" : "their"} tools.`,
  },
  diff: {
    region: (path: string) => `Changes of ${path}`,
    removed: "removed:",
    added: "added:",
    crlf: "Lines end in CRLF.",
    same: "No difference.",
  },
  clients: {
    look: "Look for configs",
    known: "On this machine",
    looking: "Looking at the clients’ files…",
    again: "Look again",
    lookedAt: "looked at",
    none: "None of the clients that Portcullis knows has a config here.",
    move: "Move secrets…",
    connect: "Connect…",
    moveOf: (name: string) => `Move secrets… of ${name}`,
    connectOf: (name: string) => `Connect… ${name}`,
    state: {
      ours: "through Portcullis",
      secrets: (value: number) => count(value, "plaintext secret", "plaintext secrets"),
      past: (value: number) => `${servers(value)} past Portcullis`,
      refused: "left alone",
      unsure: "shown, not written",
      empty: "no servers",
      stays: "nothing to move",
    },
    running: "runs now",
    drift: {
      title: (client: string, kind: Drift["kind"]) => `${client}: ${driftWords[kind]}`,
      show: "Show the repair",
      repair: "Repair",
      repairing: "Repairing…",
      repaired: "Repaired",
      text: "This is what the repair changes. The secrets in it go to the keychain.",
    },
    history: {
      title: "Done so far",
      sentence: (migration: Migration) => doneSentence(migration),
      fileState: fileStates,
      undo: "Undo…",
      undoOf: (path: string) => `Undo the change of ${path}`,
      undoAll: "Undo all…",
      undoText: "It gets its original bytes again, with its secrets in plaintext. The client then starts its servers past Portcullis.",
      undoChanged:
        "It was changed since. Only what Portcullis wrote is taken out, and each entry gets its original text again, with its secrets in plaintext. The rest stays.",
      undone: (path: string) => `${path} is put back`,
      allUndone: "Everything of it is put back",
      notAllUndone: "Not everything is as it was",
      failedServer: (name: string, reason: string | null) => (reason === null ? `${name} did not start` : `${name}: ${reason}`),
    },
  },
  secrets: {
    from: (paths: readonly string[]) => `moved out of ${paths.length > 2 ? files(paths.length) : format.list(paths)}`,
    rotate: "make a new one",
    rotateHint: "A copy of it is elsewhere. Make a new one at its service, then replace it here.",
    rotateTitle: (value: number) => (value === 1 ? "One secret should be made new" : `${format.number(value)} secrets should be made new`),
    rotateText: (value: number) =>
      value === 1
        ? "A copy of it is in a place that Portcullis does not reach. Replacing it here ends the reminder."
        : "Copies of them are in places that Portcullis does not reach. Replacing one here ends its reminder.",
  },
};
