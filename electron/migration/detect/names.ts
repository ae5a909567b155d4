/**
 * What a name says about its value. Pattern scanners miss most secrets in MCP configs because the value looks like nothing; the name of
 * the variable, flag, header or query key says it. What counts is the head of the name: `API_KEY` and `apiKey` hold a key, `API_KEY_FILE`
 * a path, `TOKEN_LIMIT` a number.
 */

export interface NameVerdict {
  /**
   * `password`: whatever stands there is the secret, however plain. `credential`: a key or token, if the value can be one.
   * `weak`: a word of that kind is in it, so only a random-looking value counts. `setting`: names something that is none.
   */
  readonly kind: "password" | "credential" | "weak" | "setting" | "neutral";
  /** The word that decided, in lower case; empty for `neutral`. */
  readonly word: string;
}

const neutral: NameVerdict = { kind: "neutral", word: "" };

const list = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const passwordWords = list("password passwd passphrase passcode pass pwd pw pin mnemonic");
const credentialWords = list("token secret key apikey pat jwt bearer credential credentials creds cookie cookies authorization auth");
/** Short or ambiguous: believed only with a value that looks random. */
const weakWords = list(
  "auth sign signature sig ak sk session sid hash seed salt nonce wallet code pk cert csrf ct0 keys tokens secrets webhook",
);

const settingTails = list(
  "path paths file files filename filepath dir directory folder root url uri urls endpoint host hosts hostname port domain id ids uuid arn limit ttl " +
    "username user users email mail name names region zone type method methods mode provider enabled disabled header size length count " +
    "minutes seconds ms sec days hours interval timeout budget expires expiry expiration age max min retries delay algorithm alg issuer " +
    "audience scope scopes version format prefix suffix label description location mechanism source model bucket helper consent layout " +
    "parallelism digits mint kid addr address prompt policy strategy refresh rotation usage required validation env field param parameter",
);
const settingHeads = list("max min disable enable use num allow skip is has no require omit ignore");
/** Words that make the key after them one of another kind. */
const otherKeys = list(
  "public publishable anon primary foreign sort partition hot cache row file index object tag map shift short group project",
);
/** Words after the head that leave it the head: `TOKEN_VALUE`, `API_KEY_PROD`, `GITHUB_TOKEN_2`. */
const emptyTails = list(
  "value string text prod production dev development staging stage test live default primary secondary new old main base64 b64 json raw plain " +
    "rw ro read write admin here hex encoded env",
);

const expiryWords = list("expires expire expiry expiration lifetime");

const keyCompounds = list(
  "api access auth secret private master account encryption signing service shared admin app license client user bot web",
);
const notPasswords = list("compass bypass trespass surpass underpass overpass encompass");

/** A glued word (`apitoken`, `dbpassword`, `accesskey`) taken apart, as far as it matters. */
function unglue(word: string): readonly string[] {
  if (credentialWords.has(word) || passwordWords.has(word) || notPasswords.has(word)) return [word];
  for (const end of ["password", "passwd", "passphrase", "token", "secret", "apikey", "credentials", "pwd", "pass"]) {
    if (word.length > end.length && word.endsWith(end)) return [word.slice(0, -end.length), end];
  }
  if (word.endsWith("key")) {
    const before = word.slice(0, -3);
    for (const compound of keyCompounds) if (before.endsWith(compound)) return [before, "key"];
  }
  return [word];
}

/** The words of a name in lower case: separators, camelCase and digits at the end part them. Names are cut at 256 characters. */
export function wordsOf(name: string): readonly string[] {
  const parted = name
    .slice(0, 256)
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2");
  return parted
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== "")
    .flatMap(unglue);
}

/** What a name says: of an environment variable, flag, header, query key, JSON key or assignment. Pure; any text is a name. */
export function judgeName(name: string): NameVerdict {
  const words = [...wordsOf(name)];
  while (words.length > 1 && (/^\d+$/.test(words.at(-1) ?? "") || emptyTails.has(words.at(-1) ?? ""))) {
    if (isSecretWord(words.at(-1) ?? "")) break;
    words.pop();
  }
  const head = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  const first = words[0] ?? "";
  if (settingHeads.has(first) && words.length > 1) return { kind: "setting", word: first };
  if (words.length > 1 && words.some((word) => expiryWords.has(word))) return { kind: "setting", word: "expires" };
  if (head === "id" && (before === "session" || before === "sess")) return { kind: "weak", word: "session id" };
  if (settingTails.has(head)) return words.length > 1 || head === "id" ? { kind: "setting", word: head } : neutral;
  if (head === "key" && otherKeys.has(before))
    return before === "project" ? { kind: "weak", word: "key" } : { kind: "setting", word: before };
  if (head === "key" && words.includes("public")) return { kind: "setting", word: "public" };
  if (head === "hash") return before === "api" ? { kind: "credential", word: "api hash" } : neutral;
  if (head === "phrase") return { kind: "password", word: "phrase" };
  if (head === "connection" || words.includes("tokenizer")) return neutral;
  if (passwordWords.has(head)) return { kind: "password", word: head };
  if (head === "auth") return { kind: words.length > 1 ? "credential" : "weak", word: head };
  if (credentialWords.has(head)) return { kind: "credential", word: head };
  if (weakWords.has(head)) return { kind: "weak", word: head };
  const inside = words.find((word) => isSecretWord(word));
  return inside === undefined ? neutral : { kind: "weak", word: inside };
}

function isSecretWord(word: string): boolean {
  return passwordWords.has(word) || (credentialWords.has(word) && word !== "auth");
}

/** Whether a name is one of an identifier, so that a random-looking value is expected and means nothing. */
export function namesAnId(name: string): boolean {
  const words = wordsOf(name);
  return words.some((word) => idWords.has(word));
}
const idWords = list(
  "id ids uuid guid account org organization organisation team project workspace channel page database db tenant subscription zone voice assistant " +
    "price product model commit sha digest checksum integrity fingerprint hash mint address contract etag revision build version ref tx " +
    "node board list folder sheet spreadsheet document file template deployment index collection identifier number",
);
