/** Inputs that found something once, or that classically do. Every entrance is played all of them, each by itself, before anything random. */

const DEEP = "[".repeat(400_000) + "]".repeat(400_000);

/** Text frames, lines and bodies. */
export const TEXTS: readonly string[] = [
  "",
  " ",
  "null",
  "true",
  "0",
  '""',
  "[]",
  "{}",
  "{",
  '{"type":',
  '{"type":null}',
  '{"type":{}}',
  '{"type":"__proto__"}',
  '{"type":"constructor"}',
  '{"type":"toString","__proto__":{"type":"ping"}}',
  '{"__proto__":{"type":"command","id":"x","command":"stop"}}',
  '{"type":"ping","type":"command","id":"twice","command":"stop"}',
  '{"type":"ping","timestamp":1e999}',
  '{"type":"ping","timestamp":{"toString":1}}',
  '{"type":"ping","timestamp":"\\ud800"}',
  '{"type":"subscribe","events":["a,b"]}',
  '{"type":"subscribe","events":["__proto__","constructor","*"]}',
  '{"type":"subscribe","events":[1,null,{}]}',
  '{"type":"unsubscribe","events":"*"}',
  '{"type":"ack","through":-1}',
  '{"type":"ack","through":9007199254740993}',
  '{"type":"ack","through":1.5}',
  '{"type":"refresh","token":"a.b.c"}',
  '{"type":"refresh","token":["x"]}',
  '{"type":"command","id":"../x","command":"stop"}',
  '{"type":"command","id":"ok","command":"rm -rf /"}',
  '{"type":"command","id":"ok","command":"sample","prompt":{"$gt":""}}',
  '{"type":"command","id":"ok","command":"sample","width":1e9}',
  '{"type":"hello"}',
  '{"type":"hello","protocol":1,"life":"","next_seq":0,"sent_seq":-1,"agent":{}}',
  '{"type":"hello","protocol":2,"life":"l","next_seq":1,"sent_seq":0,"agent":{"name":"a","version":"1"}}',
  '{"type":"batch","first_seq":1,"events":[]}',
  '{"type":"batch","first_seq":1,"events":[null]}',
  '{"type":"batch","first_seq":1,"events":[{"type":"metrics","steps":[1],"series":{"__proto__":[1]}}]}',
  '{"type":"batch","first_seq":1,"events":[{"type":"metrics","steps":[1,2],"series":{"a":[1]}}]}',
  '{"type":"batch","first_seq":9007199254740991,"events":[{"type":"x"}]}',
  '{"type":"command_update","id":"nobody","state":"applied","global_step":-1}',
  // JSON that is read without trouble and whose writing ends the stack.
  `{"type":"ping","more":${DEEP}}`,
  `{"type":"batch","first_seq":1,"events":[{"type":"x","deep":${DEEP}}],"flush":true}`,
  `{"type":"hello","protocol":1,"life":"deep","next_seq":1,"sent_seq":0,"agent":{"name":"a","version":"1"},"run_info":{"config":${DEEP}}}`,
  `{"id":"deep","command":"stop","more":${DEEP}}`,
  DEEP,
  "\ufeff{}",
  "\0",
  "\ud800",
  '{"type":"ping"}\n{"type":"ping"}',
];

/** Binary frames and bodies. */
export const BYTES: readonly Uint8Array[] = [
  new Uint8Array(0),
  new Uint8Array([0]),
  new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  // A field whose length lies far behind the frame's end.
  new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]),
  // Groups that never end.
  new Uint8Array(10_000).fill(0x0b),
  new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
  new Uint8Array([0xc3, 0x28]),
];
