/** Lines of a hook that found something once, or that classically do. Every one is played by itself, before anything random. */

const DEEP = `${"[".repeat(400_000)}${"]".repeat(400_000)}`;
const MANY = 300_000;

export const LINES: readonly string[] = [
  '{"type":"log","n":1,"t":0,"level":"info","message":"good"}',
  '{"type":"log","n":1,"t":0,"level":"info","message":"\\ud800\\u0000\\r\\n\\u2028"}',
  `{"type":"log","n":1,"t":0,"level":"info","message":"${"é".repeat(8192)}"}`,
  '{"type":"log","n":0,"t":0,"level":"info","message":""}',
  '{"type":"log","n":9007199254740992,"t":0,"level":"info","message":""}',
  '{"type":"log","n":1,"t":1e999,"level":"info","message":""}',
  '{"type":"hello","protocol":1,"token":"wrong","session":"s","pid":1,"version":"","python":""}',
  '{"type":"hello","protocol":1,"token":["x"],"session":"s","pid":1,"version":"","python":""}',
  '{"type":"__proto__","n":1,"t":0}',
  '{"__proto__":{"type":"end","n":1,"t":0}}',
  // A clock far out: the announcement of a sample threw, again at each start.
  '{"type":"sample","n":1,"t":1e300,"sample_type":"default","path":"/nowhere.png"}',
  '{"type":"progress","n":1,"t":-1e300,"global_step":1,"epoch":0,"epoch_step":1,"max_step":8,"max_epoch":3}',
  '{"type":"status","n":1,"t":0,"status":"running","phase":"__proto__"}',
  '{"type":"scalars","n":1,"t":0,"rows":[[0,"__proto__",1,null],[0,"constructor",1,null],[0,"__proto__",2,null]]}',
  // A step below zero: progress that no room takes.
  '{"type":"scalars","n":1,"t":0,"rows":[[0,"loss/train_step",1,-1],[0,"loss/validation_step/all",1,-1]]}',
  '{"type":"scalars","n":1,"t":0,"rows":[[1e300,"loss/train_step",1e308,9007199254740991]]}',
  `{"type":"scalars","n":1,"t":0,"rows":[${"1,".repeat(MANY)}1]}`,
  '{"type":"run_info","n":1,"t":0,"trainer":"x","config":{"__proto__":{"token":"x"},"constructor":1,"toString":2}}',
  `{"type":"run_info","n":1,"t":0,"trainer":"x","config":{"deep":${DEEP}}}`,
  `{"type":"run_info","n":1,"t":0,"trainer":"x","more":${DEEP}}`,
  `{"type":"run_info","n":1,"t":0,"trainer":"x","config":{${Array.from({ length: MANY }, (_, index) => `"k${index}":1`).join(",")}}}`,
  `{"type":"run_info","n":1,"t":0,"trainer":"x","config":{"é":"${"é".repeat(1_000_000)}"}}`,
  // Counts by the thousand: an issue for each, or a log line that no room takes.
  `{"type":"dropped","n":1,"t":0,"counts":{${Array.from({ length: MANY }, (_, index) => `"k${index}":""`).join(",")}}}`,
  `{"type":"dropped","n":1,"t":0,"counts":{${Array.from({ length: MANY }, (_, index) => `"k${index}":1`).join(",")}}}`,
  '{"type":"dropped","n":1,"t":0,"counts":{"__proto__":1,"constructor":2}}',
  '{"type":"command_update","n":1,"t":0,"id":"../x","state":"applied"}',
];
