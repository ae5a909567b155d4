export const clientMessages = {};
export const ruleMessages = {};
export const secretMessages = {};
