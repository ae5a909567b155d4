/** Where an entry stands, for the few placeholders that mean the same to us as to its client. */
export interface PlaceholderContext {
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** The folder of the project that the entry belongs to. */
  readonly project: string | null;
}

/** What a client's placeholder certainly stands for, or null: what only the client knows (its inputs, its own environment). */
export function placeholderMeaning(placeholder: string, { home, platform, project }: PlaceholderContext): string | null {
  switch (placeholder) {
    case "${HOME}":
    case "$HOME":
    case "${env:HOME}":
    case "${userHome}":
      return home;
    case "${workspaceFolder}":
      return project;
    case "${pathSeparator}":
    case "${/}":
      return platform === "win32" ? "\\" : "/";
    default:
      return null;
  }
}
