export const activityMessages = {};
