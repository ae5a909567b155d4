export const serverMessages = {};
