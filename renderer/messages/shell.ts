import type { Screen } from "../view.ts";
import { format } from "../format.ts";
import { count } from "./plural.ts";

export const commonMessages = {
  cancel: "Cancel",
  close: "Close",
  back: "Back",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "The clipboard refused the text. Select it and copy it by hand.",
  undo: "Undo",
  dismiss: "Dismiss",
  never: "never",
  none: "none",
  loading: "Loading…",
  tryAgain: "Try again",
  delete: "Delete",
  remove: "Remove",
  more: "More",
  hiddenCharacter: (code: string) => `Invisible character ${code}`,
  spaces: (value: number) => count(value, "space", "spaces"),
  showAll: (size: string) => `Show all ${size}`,
  showLess: "Show less",
  before: "Before",
  after: "Now",
  absent: "not set",
  bytes: (exact: string) => `${exact} bytes`,
};

export const errorMessages = {
  notReached: "Portcullis did not answer.",
  notReachedHint: "It may have been closed. Start it again, or wait while this page tries.",
  signedOut: "This page is no longer signed in.",
  signedOutHint: "Run `portcullis open` and follow the new link.",
  title: "Something went wrong here",
  crashed: "This part of the window could not be drawn. Nothing was allowed by that.",
  reload: "Reload this window",
};

const screenNames: Readonly<Record<Screen, string>> = {
  welcome: "Look for configs",
  approvals: "Approvals",
  activity: "Activity",
  servers: "Servers",
  clients: "Clients",
  secrets: "Secrets",
  rules: "Rules",
  settings: "Settings",
};

const connectionTitles = {
  connecting: "Connecting to Portcullis…",
  lost: "Connection to Portcullis lost",
  displaced: "This window stands by for others that are open",
  live: "Connected",
};

export const shellMessages = {
  name: "Portcullis",
  screens: screenNames,
  navigation: "Screens",
  skip: "Skip to the content",
  pageTitle: (name: string, waiting: number) => (waiting === 0 ? name : `(${format.number(waiting)}) ${name}`),
  waiting: (value: number) => count(value, "question waits", "questions wait"),
  drifted: (value: number) => count(value, "change in a client’s config to look at", "changes in clients’ configs to look at"),
  unaccepted: (value: number) => `${count(value, "server", "servers")} to accept`,
  pause: "Pause everything",
  resume: "Resume",
  pauseHint: "Refuses every call until you resume",
  state: { idle: "Gate is up", waiting: "Waiting for you", paused: "Paused", fault: "Fault" },
  stateHint: {
    idle: "Calls are judged by your rules.",
    waiting: "A call waits for your answer.",
    paused: "Every call is refused.",
    fault: "Calls are refused.",
  },
  pausedTitle: "Everything is paused.",
  pausedText: "Every call is refused until you resume. Servers that run stay up.",
  faultTitle: "Calls are refused because something is broken.",
  faultDoctor: "See what is wrong",
  journalAside: {
    ask: "Put the journal aside",
    question: "Put the journal aside?",
    text: "The journal is renamed and kept as it is, so that you can look into it. A new one begins, and its first record says that you did this. Nothing is deleted. Portcullis has to be started again afterwards.",
    again: "Do it again",
    half: "The journal was put aside, but the new one is not trusted yet.",
    done: "The journal was put aside. Quit Portcullis and start it again.",
    kept: (file: string) => `The old one is kept as ${file}.`,
    notAnchored:
      "The keychain could not be told, so it would refuse the new journal at the next start. Unlock the keychain and do it again.",
    quit: "Quit Portcullis",
  },
  vaultLockedTitle: "The secret store is locked.",
  vaultLockedText: "Servers that need a secret cannot start until it is unlocked.",
  vaultUnavailableTitle: "There is no secret store.",
  vaultAction: "Open secrets",
  connection: connectionTitles,
  connectionText: "What you see may be out of date. Trying again…",
  displacedText: "Only a few windows can follow Portcullis at once, so what you see may be out of date. Click here, and it follows again.",
  connectionLate: `It has been gone for a while. ${errorMessages.signedOutHint}`,
  notConnected: "Not connected",
  answererTerminal: "Questions are answered in the terminal in this run.",
  answererDeny: "Every question is answered with no in this run.",
  notifications: "Messages",
};
