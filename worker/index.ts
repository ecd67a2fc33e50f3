import { createApp } from "./app.ts";

export { Directory } from "./directory/directory.ts";
export { RunRoom } from "./run/run-room.ts";

export default createApp();
