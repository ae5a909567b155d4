import { describe, expect, it } from "vitest";
import { namedTexts } from "../../../../electron/migration/detect/args.ts";
import { jsonLeaves } from "../../../../electron/migration/detect/json-in-env.ts";
import { judgeName } from "../../../../electron/migration/detect/names.ts";
import { bracedReferences, defaultOf, isPlaceholder } from "../../../../electron/migration/detect/placeholders.ts";
import { tokenFormat } from "../../../../electron/migration/detect/token-formats.ts";
import { urlParts } from "../../../../electron/migration/detect/urls.ts";
import { isMnemonic, isPath, privateKeyRange, randomness } from "../../../../electron/migration/detect/values.ts";
import { fakeValue } from "../../../fixtures/migration/entries/fake-values.ts";

describe("names", () => {
  const kinds = {
    password: "DB_PASSWORD dbPassword MYAPPPASSWORD bs_pass ADMIN_PW CRDB_PWD PASSPHRASE SEED_PHRASE PIN PASSWORD_PROD",
    credential:
      "API_KEY apiKey APITOKEN GoogleMapApi_key MIRO-OAUTH-KEY X-API-Key GITHUB_TOKEN_2 PROXMOX_TOKEN_VALUE CLIENT_SECRET TELEGRAM_API_HASH BASIC_AUTH " +
      "Authorization Cookie TWITTER_COOKIES THINQ_PAT GOOGLE_CREDENTIALS tavilyApiKey uberall.access_token",
    setting:
      "API_KEY_FILE TOKEN_LIMIT SECRET_NAME MAX_TOKENS PASSWORD_FILE TOKEN_TYPE API_KEY_HEADER DISABLE_AUTH KEY_ID TOKEN_URL SERVICE_ACCOUNT_KEY_PATH " +
      "PUBLIC_KEY LANGFUSE_PUBLIC_KEY PRIMARY_KEY SORT_KEY JWT_EXPIRES_IN AUTH_METHOD PASSWORD_MIN_LENGTH KEY_SIZE AWS_SECRET_ID MAX_TOKEN_REFRESH_RETRIES",
    neutral:
      "LOG_LEVEL COMPASS TURKEY_REGION2 MONKEY_PATCH KEYBOARD_LAYOUT AUTHOR TOKENIZER PASSTHROUGH BYPASS HOTKEY TX_HASH NODE_ENV FOO",
  };
  for (const [kind, names] of Object.entries(kinds)) {
    it.each(names.split(" "))(`%s is a ${kind}`, (name) => {
      const verdict = judgeName(name).kind;
      // A setting by its last word alone (`LAYOUT`) is none that would hold a secret, either.
      expect(kind === "neutral" && verdict === "setting" ? "neutral" : verdict).toBe(kind);
    });
  }
});

describe("arguments", () => {
  const texts = (...args: string[]): readonly string[] =>
    namedTexts(args).map((one) => `${one.name}=${(args[one.index] ?? "").slice(one.start, one.end)}`);

  it("gives every value the name it belongs to", () => {
    expect(texts("--token=a=b", "--name", "x", "-e", "K=v=w", "--env=K2=v", "--build-arg", "B=c")).toEqual([
      "token=a=b",
      "name=x",
      "K=v=w",
      "K2=v",
      "B=c",
    ]);
    expect(texts("-H", "X-Key: v w", "--header", "A:b", "--header=C: d", "-HE: f")).toEqual(["X-Key=v w", "A=b", "C=d", "E=f"]);
    expect(texts("-u", "jane:pw:x", "-Dapi.token=t", "plain", "KEY=value")).toEqual([
      "password=pw:x",
      "api.token=t",
      "=plain",
      "KEY=value",
    ]);
  });

  it("knows a flag without a value, and mysql's glued password only beside a user", () => {
    expect(texts("--read-only", "--token", "t")).toEqual(["token=t"]);
    expect(texts("-u", "root", "-psesame-9")).toEqual(["username=root", "password=sesame-9"]);
    expect(texts("-p8080:80")).toEqual([]);
  });

  it("takes a shell's line apart, quotes and substitutions kept together", () => {
    expect(texts("-c", `A="b c" D=$(pass show x) npx y --token 'q r'; E=f`)).toEqual([
      "A=b c",
      "D=$(pass show x)",
      "=npx",
      "=y",
      "token=q r",
      "E=f",
    ]);
  });
});

describe("urls", () => {
  const parts = (text: string): readonly string[] =>
    urlParts(text).map((one) => `${one.part}${one.key === null ? "" : ` ${one.key}`}: ${text.slice(one.start, one.end)}`);

  it("are taken apart by position", () => {
    expect(parts("https://u:p@h:1/a/b?k=v&l=m#t=x")).toEqual([
      "username: u",
      "password: p",
      "path: a",
      "path: b",
      "query k: v",
      "query l: m",
      "query t: x",
    ]);
    expect(parts("redis://:p@h/0")).toEqual(["password: p", "path: 0"]);
    expect(parts("https://h:8080/x")).toEqual(["path: x"]);
  });

  it("as drivers accept them: raw @, /, ?, # in a password, several hosts, lists", () => {
    expect(parts("postgres://u:p@ss@h/d")).toContain("password: p@ss");
    expect(parts("postgres://u:p/a?s#s@h/d")).toContain("password: p/a?s#s");
    expect(parts("mongodb://u:p@h1:1,h2:2/d")).toContain("password: p");
    expect(parts("http://a/x,http://u:p@b/y")).toEqual(["path: x", "username: u", "password: p", "path: y"]);
    expect(parts("https://h/${keychain:a/b}/c?k=${keychain:d/e}")).toEqual([
      "path: ${keychain:a/b}",
      "path: c",
      "query k: ${keychain:d/e}",
    ]);
  });
});

describe("JSON in a value", () => {
  it("yields the strings as they are written, with pointers", () => {
    const text = String.raw` {"a":"x\"y","b":[1,{"~/":"z"},"w"],"__proto__":"p"} `;
    expect(jsonLeaves(text)?.map(({ pointer, key, start, end }) => [pointer, key, text.slice(start, end)])).toEqual([
      ["/a", "a", String.raw`x\"y`],
      ["/b/1/~0~1", "~/", "z"],
      ["/b/2", "b", "w"],
      ["/__proto__", "__proto__", "p"],
    ]);
  });

  it("reads what installers quote twice", () => {
    const text = JSON.stringify(JSON.stringify({ apiKey: "v", n: 1 }));
    expect(jsonLeaves(text)?.map(({ pointer, start, end }) => [pointer, text.slice(start, end)])).toEqual([["/apiKey", "v"]]);
  });

  it.each(["", "{", "{]", '{"a"}', '{"a":}', '{"a":"b"} x', "[1,2", "{'a':'b'}", '{"a":"b}', "nope", `${"[".repeat(40)}${"]".repeat(40)}`])(
    "refuses %j",
    (text) => {
      expect(jsonLeaves(text)).toBeNull();
    },
  );

  it("agrees with JSON.parse on what is JSON", () => {
    for (const value of [[], {}, { a: { b: [true, null, -1.5e3, "é😀\u2028"] } }, [[["x"]]]])
      expect(jsonLeaves(JSON.stringify(value, null, 2))).not.toBeNull();
  });
});

describe("references and placeholders", () => {
  it("finds braces, nested ones as one, unclosed ones not", () => {
    expect(bracedReferences("a${b}c${d${e}f}${g")).toEqual([
      { start: 1, end: 5 },
      { start: 6, end: 15 },
    ]);
    expect(defaultOf("${A:-x y}")).toEqual({ start: 5, end: 8, name: "A" });
    expect(defaultOf("${A:-}")).toBeNull();
    expect(defaultOf("${env:A}")).toBeNull();
  });

  it.each([
    "put-token-here",
    "my-api-key",
    "api_key",
    "<client id>",
    "nvapi-…",
    "jina_xxx...",
    "{{api_key}}",
    "ENTER_YOUR_KEY",
    "dein-api-token",
    "你的密钥",
    "ref+vault://a/b",
  ])("%j is none", (text) => {
    expect(isPlaceholder(text, "X_TOKEN", [])).toBe(true);
  });

  it.each(["c0rrect-fake-9", "hunter2", "Sonnenblume7", "kaffee-und-kuchen", "blue river 77", "sk-fj39dk20dk38dj20dk39"])(
    "%j may be one",
    (text) => {
      expect(isPlaceholder(text, "X_TOKEN", [])).toBe(false);
    },
  );
});

describe("values", () => {
  const known =
    "github-pat github-fine github-oauth gitlab slack-bot slack-user slack-xoxc slack-xoxd anthropic openai openrouter aws-id google google-client-secret " +
    "google-refresh notion notion-old hf npm linear tavily firecrawl figma supabase sentry grafana shopify digitalocean postman atlassian apify perplexity " +
    "groq replicate resend mailgun pinecone netlify posthog bb e2b ctx7 jina jwt telegram stripe-test stripe-live elevenlabs hubspot sonar xai langfuse-secret";
  it.each(known.split(" "))("knows the form of %s, and not of its prefix alone", (kind) => {
    const value = fakeValue(kind, "values");
    expect(tokenFormat(value)).not.toBeNull();
    expect(tokenFormat(value.slice(0, 8))).toBeNull();
    expect(tokenFormat(`${value.slice(0, 5)}${"x".repeat(value.length - 5)}`)).toBeNull();
  });

  it.each(["b62-24", "b62-40", "base64-44", "aws-secret", "b62u-43"])("%s looks random, whatever the seed", (kind) => {
    let random = 0;
    for (let i = 0; i < 200; i++) if (randomness(fakeValue(kind, String(i))) === "high") random++;
    expect(random).toBeGreaterThanOrEqual(196);
  });

  it.each([
    "claude-3-5-sonnet-20241022", "gemini-2.5-flash-preview-04-17", "sentence-transformers/all-MiniLM-L6-v2", "my-bedrock-log-group-name", "2024-11-05T12:00:00.000Z",
    "abcdefghijklmnopqrst", "read_file,write_file,list_directory", "org.springframework.boot.SpringApplication", "eu-central-1.compute.internal", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  ])("%s does not", (text) => {
    expect(randomness(text)).toBeNull();
  }); // prettier-ignore

  it("finds a private key after a certificate, and no certificate", () => {
    const key = fakeValue("pem", "values");
    const certificate = fakeValue("pem-cert", "values");
    expect(privateKeyRange(certificate)).toBeNull();
    const both = certificate + key;
    expect(both.slice(privateKeyRange(both)?.start)).toBe(key);
  });

  it("tells a wallet's words from a sentence, and paths from keys", () => {
    expect(isMnemonic(fakeValue("mnemonic", "values"))).toBe(true);
    expect(isMnemonic("You are a helpful assistant and you never tell anybody the password.")).toBe(false);
    for (const text of ["/etc/x", "~/a b", "C:\\Users\\x", "./x", "key.pem", "sub/dir/config.json"]) expect(isPath(text)).toBe(true);
    expect(isPath(fakeValue("aws-secret", "values"))).toBe(false);
  });
});
