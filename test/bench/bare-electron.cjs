// The floor: an Electron that does nothing but stay.
const { app } = require("electron");

app.on("window-all-closed", () => undefined);
void app.whenReady();
