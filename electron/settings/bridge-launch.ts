/** What a client's config launches: a Node, our bridge, the two names. */
export function bridgeLaunch(
  nodePath: string,
  bridgePath: string,
): (server: string, client: string) => { readonly command: string; readonly args: readonly string[] } {
  return (server, client) => ({ command: nodePath, args: [bridgePath, "connect", server, "--client", client] });
}
