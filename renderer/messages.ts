/**
 * Every word of the UI. A translation is another object of the same type; sentences with a name in them are functions, so that
 * the words around it may stand in any order, and plurals are decided here and nowhere else.
 */
import { activityMessages } from "./messages/activity.ts";
import { approvalMessages } from "./messages/approvals.ts";
import { migrationMessages } from "./messages/migration.ts";
import { serverMessages } from "./messages/servers.ts";
import { settingsMessages } from "./messages/settings.ts";
import { commonMessages, errorMessages, shellMessages } from "./messages/shell.ts";
import { clientMessages, ruleMessages, secretMessages } from "./messages/stores.ts";

export const messages = {
  common: commonMessages,
  errors: errorMessages,
  shell: shellMessages,
  approvals: approvalMessages,
  activity: activityMessages,
  servers: serverMessages,
  clients: clientMessages,
  secrets: secretMessages,
  rules: ruleMessages,
  settings: settingsMessages,
  migration: migrationMessages,
};
