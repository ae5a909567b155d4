/** What to do about a server that failed by itself: where its own words are. A hint, for the window, the command line and clients alike. */
export function seeLog(server: string): string {
  return `Its log says more: its Stderr in the window, or portcullis server log ${server}.`;
}
