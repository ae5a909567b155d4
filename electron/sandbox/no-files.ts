/** sandbox-runtime's file rules on Linux, where the box is ours and it only keeps the network. */
export function noFiles(): { denyRead: string[]; allowWrite: string[]; denyWrite: string[] } {
  return { denyRead: [], allowWrite: [], denyWrite: [] };
}
