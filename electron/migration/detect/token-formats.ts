/**
 * Formats of known tokens: the prefix is a fact of the vendor's documentation, and so is the length where it is fixed. No pattern
 * backtracks, and longer texts than 4096 characters are no tokens of these kinds.
 */

interface TokenFormat {
  readonly prefix: string;
  /** Of whom, for the reason. */
  readonly label: string;
  /** What follows the prefix. Default: 16 or more of letters, digits, `_` and `-`. */
  readonly body?: RegExp;
}

const alnum = (from: number, to?: number): RegExp => new RegExp(`^[A-Za-z\\d]{${from},${to ?? ""}}$`);
const hex = (length: number): RegExp => new RegExp(`^[a-f\\d]{${length}}$`);

/** Longer prefixes first where one starts another. */
const formats: readonly TokenFormat[] = [
  { prefix: "github_pat_", label: "a GitHub token", body: /^[A-Za-z\d]{22}_[A-Za-z\d]{59}$/ },
  ...["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map((prefix) => ({ prefix, label: "a GitHub token", body: alnum(36, 255) })),
  ...["glpat-", "gldt-", "glrt-", "glptt-", "gloas-", "glft-", "glagent-", "glcbt-"].map((prefix) => ({ prefix, label: "a GitLab token" })),
  ...["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxc-", "xapp-"].map((prefix) => ({
    prefix,
    label: "a Slack token",
    body: /^[\w-]{20,}$/,
  })),
  { prefix: "xoxd-", label: "a Slack token", body: /^[\w%+/=-]{20,}$/ },
  { prefix: "sk-ant-", label: "an Anthropic key" },
  { prefix: "sk-or-v1-", label: "an OpenRouter key" },
  { prefix: "sk-proj-", label: "an OpenAI key" },
  { prefix: "sk-svcacct-", label: "an OpenAI key" },
  { prefix: "sk-lf-", label: "a Langfuse secret key" },
  { prefix: "sk-ak-", label: "a Zapier key" },
  { prefix: "sk-", label: "a secret key", body: /^[\w-]{20,}$/ },
  ...["sk_live_", "sk_test_", "rk_live_", "rk_test_"].map((prefix) => ({ prefix, label: "a secret key" })),
  { prefix: "sk_", label: "a secret key", body: /^[A-Za-z\d]{24,}$/ },
  { prefix: "whsec_", label: "a webhook secret", body: /^[A-Za-z\d+/=]{16,}$/ },
  { prefix: "AKIA", label: "an AWS access key", body: /^[A-Z\d]{16}$/ },
  { prefix: "ASIA", label: "an AWS access key", body: /^[A-Z\d]{16}$/ },
  { prefix: "AIza", label: "a Google key", body: /^[\w-]{35}$/ },
  { prefix: "GOCSPX-", label: "a Google client secret" },
  { prefix: "ya29.", label: "a Google access token", body: /^[\w.-]{20,}$/ },
  { prefix: "1//0", label: "a Google refresh token", body: /^[\w-]{30,}$/ },
  { prefix: "ntn_", label: "a Notion token" },
  { prefix: "secret_", label: "a Notion token", body: alnum(43, 43) },
  { prefix: "hf_", label: "a Hugging Face token", body: alnum(30) },
  { prefix: "npm_", label: "an npm token", body: alnum(36, 36) },
  { prefix: "pypi-", label: "a PyPI token", body: /^[\w-]{50,}$/ },
  { prefix: "lin_api_", label: "a Linear key" },
  { prefix: "lin_oauth_", label: "a Linear token" },
  { prefix: "tvly-", label: "a Tavily key" },
  { prefix: "fc-", label: "a Firecrawl key", body: hex(32) },
  { prefix: "figd_", label: "a Figma token" },
  { prefix: "figu_", label: "a Figma token" },
  { prefix: "sbp_", label: "a Supabase token", body: alnum(40, 64) },
  { prefix: "sb_secret_", label: "a Supabase secret key" },
  { prefix: "sntrys_", label: "a Sentry token", body: /^[\w+/=-]{30,}$/ },
  { prefix: "sntryu_", label: "a Sentry token", body: hex(64) },
  { prefix: "glsa_", label: "a Grafana token" },
  { prefix: "glc_", label: "a Grafana token", body: /^[\w+/=-]{30,}$/ },
  { prefix: "shpat_", label: "a Shopify token", body: hex(32) },
  ...["shpca_", "shppa_", "shpss_"].map((prefix) => ({ prefix, label: "a Shopify token", body: hex(32) })),
  { prefix: "dop_v1_", label: "a DigitalOcean token", body: hex(64) },
  { prefix: "doo_v1_", label: "a DigitalOcean token", body: hex(64) },
  { prefix: "HRKU-", label: "a Heroku key" },
  { prefix: "PMAK-", label: "a Postman key" },
  { prefix: "ATATT3xFf", label: "an Atlassian token", body: /^[\w=-]{50,}$/ },
  { prefix: "ATCTT3xFf", label: "an Atlassian token", body: /^[\w=-]{50,}$/ },
  { prefix: "ATTA", label: "a Trello token", body: alnum(60, 80) },
  { prefix: "apify_api_", label: "an Apify token" },
  { prefix: "pplx-", label: "a Perplexity key" },
  { prefix: "gsk_", label: "a Groq key", body: alnum(40) },
  { prefix: "r8_", label: "a Replicate token", body: alnum(30) },
  { prefix: "xai-", label: "an xAI key" },
  { prefix: "re_", label: "a Resend key", body: /^[A-Za-z\d]{8}_[A-Za-z\d]{20,}$/ },
  { prefix: "SG.", label: "a SendGrid key", body: /^[\w-]{16,}\.[\w-]{16,}$/ },
  { prefix: "key-", label: "a Mailgun key", body: hex(32) },
  { prefix: "pcsk_", label: "a Pinecone key" },
  { prefix: "pul-", label: "a Pulumi token", body: hex(40) },
  { prefix: "nfp_", label: "a Netlify token", body: alnum(30) },
  { prefix: "phx_", label: "a PostHog personal key" },
  { prefix: "bb_live_", label: "a Browserbase key" },
  { prefix: "e2b_", label: "an E2B key", body: hex(40) },
  { prefix: "hb_", label: "a Hyperbrowser key", body: hex(32) },
  { prefix: "ctx7sk", label: "a Context7 key", body: /^[-_][\w-]{16,}$/ },
  { prefix: "jina_", label: "a Jina key" },
  { prefix: "napi_", label: "a Neon key" },
  { prefix: "hvs.", label: "a HashiCorp Vault token", body: /^[\w-]{20,}$/ },
  { prefix: "dbtc_", label: "a dbt token" },
  { prefix: "dapi", label: "a Databricks token", body: hex(32) },
  { prefix: "squ_", label: "a SonarQube token", body: hex(40) },
  { prefix: "sqp_", label: "a SonarQube token", body: hex(40) },
  { prefix: "CFPAT-", label: "a Contentful token" },
  { prefix: "mdb_sa_sk_", label: "a MongoDB Atlas secret" },
  { prefix: "pat-na1-", label: "a HubSpot token" },
  { prefix: "pat-eu1-", label: "a HubSpot token" },
  { prefix: "EAAG", label: "a Facebook token", body: alnum(80) },
  { prefix: "EAAB", label: "a Facebook token", body: alnum(80) },
  { prefix: "tskey-", label: "a Tailscale key" },
  { prefix: "fly_", label: "a Fly token", body: /^[\w-]{30,}$/ },
  { prefix: "FlyV1 fm2_", label: "a Fly token", body: /^[\w+/=,-]{30,}$/ },
  { prefix: "ops_eyJ", label: "a 1Password service account token", body: /^[\w-]{100,}$/ },
  { prefix: "AGE-SECRET-KEY-1", label: "an age key", body: /^[A-Z\d]{40,}$/ },
  { prefix: "lsv2_pt_", label: "a LangSmith key" },
  { prefix: "lsv2_sk_", label: "a LangSmith key" },
  { prefix: "dckr_pat_", label: "a Docker token" },
  { prefix: "dp.st.", label: "a Doppler token", body: /^[\w.-]{20,}$/ },
  { prefix: "cio_", label: "a Clerk key", body: alnum(30) },
];

/** By first letter, so that a value is compared to a few. */
const byFirst: ReadonlyMap<string, readonly TokenFormat[]> = new Map(
  [...new Set(formats.map(({ prefix }) => prefix.charAt(0)))].map((first) => [
    first,
    formats.filter(({ prefix }) => prefix.startsWith(first)),
  ]),
);

const anyBody = /^[\w-]{16,}$/;

/** The longest text that is looked at. */
const looked = 4096;

/** Whose token a whole text is by prefix, alphabet and length; null if none. */
export function tokenFormat(text: string): string | null {
  const candidates = byFirst.get(text.charAt(0));
  if (candidates === undefined || text.length > looked) return jwtFormat(text);
  for (const { prefix, label, body } of candidates) {
    if (!text.startsWith(prefix)) continue;
    const rest = text.slice(prefix.length);
    if ((body ?? anyBody).test(rest) && spread(rest)) return label;
  }
  return jwtFormat(text);
}

function jwtFormat(text: string): string | null {
  if (!text.startsWith("eyJ") || text.length < 40) return /^\d{8,10}:AA[\w-]{33}$/.test(text) ? "a Telegram bot token" : null;
  const parts = text.slice(0, looked).split(".");
  return parts.length >= 2 && parts.length <= 5 && parts.every((part) => /^[\w-]*=*$/.test(part)) ? "a JSON web token" : null;
}

/** Enough different characters for a text of its length: no run of x's or zeros. */
export function spread(text: string): boolean {
  return new Set(text.slice(0, 64)).size >= Math.min(8, Math.ceil(text.length / 3));
}
