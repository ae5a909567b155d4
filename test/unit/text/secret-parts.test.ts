import { describe, expect, it } from "vitest";
import { createRedactor, redactedMark } from "../../../shared/text/redact.ts";
import { secretParts } from "../../../shared/text/secret-parts.ts";

// A value is often more than the secret in it, and what is said of it is often less. Written down here as servers and libraries say it.

const token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

const said: Readonly<Record<string, readonly [value: string, text: string]>> = {
  "a token as the user of a url, by git": [
    `https://${token}@github.com/org/repo.git`,
    `could not read Password for 'https://${token}@github.com'`,
  ],
  "a token as the user, with a password that says nothing": [
    `https://${token}:x-oauth-basic@github.com/org`,
    `GET https://${token}@github.com/`,
  ],
  "a token as the user, with an empty password": [`https://${token}:@api.example.com/v1`, `user ${token} is unknown`],
  "a short token as the user, without a password": ["https://abcdef01@api.example.com/v1", "user abcdef01 is unknown"],
  "a password that is encoded where it need not be": ["https://app:abcd%65f01@db/main", "login with abcd%65f01 failed"],
  "a password with an @ in it": ["postgres://app:p@ss!word@db/main", "p@ss!word is wrong"],
  "a query, by what names no host": ["https://mcp.example.com/sse?user=ann&api_key=abcdef01", "GET /sse?user=ann&api_key=abcdef01 401"],
  "a token in a query, whatever it is called": [`https://mcp.example.com/sse?u=${token}`, `no session for ${token}`],
  "a fragment": ["https://app.example.com/#access_token=abcdef01%2F2", "abcdef01/2 has expired"],
  "a path, by Python's requests": [
    "https://hooks.example.com/services/T00000000/B00000000/pJ8xQ2mVt4Rz7Lk1Wc9Yd3Ha",
    "Max retries exceeded with url: /services/T00000000/B00000000/pJ8xQ2mVt4Rz7Lk1Wc9Yd3Ha (Caused by …)",
  ],
  "a whole header": ["Authorization: Bearer abcdef012345", "token abcdef012345 has expired"],
  "a header of its own": ["X-Api-Key: abcdef012345", "key abcdef012345 is unknown"],
  "a token behind a word of its own service": [`Bot ${token}`, `An invalid token was provided: ${token}`],
  "a token behind a word that is not known": [`SSWS ${token}`, `no session for ${token}`],
  "a token of sixteen characters behind a word that is not known": ["SSWS abcdef0123456789", "no session for abcdef0123456789"],
  "what stands behind Basic and is no pair": ["Basic abcdef01", "abcdef01 is no pair"],
  "a short token behind Token": ["Token abcdef01", "abcdef01 has expired"],
  "a short token behind OAuth": ["OAuth abcdef01", "abcdef01 has expired"],
  "a url in a header": ["X-Callback: https://app:abcdef01@hooks.example.com/", "login of app with abcdef01 failed"],
  "a cookie": ["Cookie: sig=abcdef01; theme=dark", "abcdef01 is no signature"],
  "credentials in a header": ['X-Credentials: {"api_key":"abcdef01"}', "key abcdef01 is unknown"],
  "credentials in a list": ['[{"user":"ann","api_keys":["abcdef01"]}]', "key abcdef01 is unknown"],
  "credentials deep in a file": ['{"a":{"b":{"c":{"d":{"e":{"api_key":"abcdef01"}}}}}}', "key abcdef01 is unknown"],
  "a line of eight characters": ["first line\nabcdef01\n", "read abcdef01"],
  "a line that is indented": ["keys:\n    - abcdef01\n    abcdef01-2\t\n", "read (abcdef01-2)"],
  "the pair in a Basic header": [`Basic ${btoa("app:s3c")}`, "login as app:s3c failed"],
  "a key as the user in a Basic header": [`Authorization: Basic ${btoa(`${token}:`)}`, `key ${token} has expired`],
  "a short key as the user in a Basic header": [`Basic ${btoa("abcdef01:")}`, "key abcdef01 has expired"],
  "a key as the user in a Basic header, with a password that says nothing": [
    `Basic ${btoa(`${token}:api_token`)}`,
    `key ${token} has expired`,
  ],
  "the password in a Basic header": ["Basic YXBwOnMzY3JldHB3", "login of app with s3cretpw failed"],
  "the password in a whole Basic header": ["Authorization: Basic YXBwOnMzY3JldHB3", "login of app with s3cretpw failed"],
  "a connection string of .NET": ["Server=db;Uid=sa;Pwd=s3cr3t pw 9;Encrypt=true", "login of sa with 's3cr3t pw 9' failed"],
  "a connection string with blanks": ["AccountName = x; AccountKey = abcdef01 ; EndpointSuffix = y", "signed with abcdef01"],
  "a connection string of a storage": [
    "AccountName=x;AccountKey=Eby8vdM02xNOcqFlqUwJ==;EndpointSuffix=y",
    "signed with Eby8vdM02xNOcqFlqUwJ==",
  ],
  "a connection string of libpq": ["host=db user=app password='s3cr3t-pw-9'", "password s3cr3t-pw-9 is wrong"],
  "a settings file": ['USER_NAME=ann\nexport API_TOKEN="abcdef012345"\n', "abcdef012345 is unknown"],
};

describe("what is found of a secret when it is named alone", () => {
  it.each(Object.entries(said))("%s", (_name, [value, text]) => {
    const redacted = createRedactor([value]).text(text);
    expect(redacted).toContain(redactedMark);
    for (const part of [token, "p@ss!word", "abcdef01", "pJ8xQ2mVt4Rz7Lk1Wc9Yd3Ha", "s3c", "Eby8", "abcd%65"])
      expect(redacted).not.toContain(part);
  });
});

it.each([
  "CLIENT_SECRET",
  "access_token",
  "Passwd",
  "DB_PASS",
  "pwd",
  "ApiKey",
  "credentials",
  "_auth",
  "Proxy-Authorization",
  "sig",
  "Signature",
])("what is called %s is a secret, in a url and in a settings file", (name) => {
  for (const value of [`https://mcp.example.com/sse?${name}=abcdef01&v=2`, `v=2;${name}=abcdef01`])
    expect(createRedactor([value]).text("abcdef01 is unknown")).toBe(`${redactedMark} is unknown`);
});

describe("what is left in place", () => {
  it("what is too short to be looked for on its own", () => {
    for (const value of ["Name: ann1", "https://mcp.example.com/?key=ann1", `Basic ${btoa("ann1:")}`, "https://ann1@example.com/"])
      expect(createRedactor([value]).text("by ann1")).toBe("by ann1");
  });

  it("the words around a secret, which stand in ordinary text, too", () => {
    const values = [
      "postgres://postgres:s3cr3t-pw-9@localhost:5432/production",
      "https://mcp.example.com/services/getting-started-guide/sse?version=2025-06-18&format=markdown",
      "Server=db.example.com;Uid=administrator;Pwd=s3cr3t-pw-9;Encrypt=true",
      "host=database user=administrator password=s3cr3t-pw-9",
    ];
    const text =
      "postgres localhost production services getting-started-guide 2025-06-18 markdown db.example.com administrator database Encrypt";
    expect(createRedactor(values).text(text)).toBe(text);
  });

  it("a secret that only looks like one of these has no parts", () => {
    for (const value of [
      token,
      "correct horse battery staple",
      "correct horse",
      "c2VjcmV0LWtleQ==",
      "key=",
      "://",
      "{not json",
      "a=b;c=d",
    ]) {
      expect(secretParts(value)).toEqual([{ text: value, whole: true }]);
    }
  });
});

it("a value that is all separators is no way to stop the app", () => {
  const start = performance.now();
  for (const unit of [";", "=", "k=v;", "/", "?&", "a: ", " "]) {
    for (const begin of ["", "https://u@h/", "Basic ", "x: "]) secretParts(begin + unit.repeat(65_536 / unit.length));
  }
  expect(performance.now() - start).toBeLessThan(5_000);
});
