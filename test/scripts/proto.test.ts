import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outdated } from "../../scripts/check/proto.ts";
import { generateProto } from "../../scripts/make/proto.ts";
import { folderForTest } from "../support/temporary.ts";

test("code that is not what the schema makes is named", async () => {
  const [fresh, committed] = [folderForTest(), folderForTest()];
  expect(await generateProto(fresh)).toEqual([]);
  expect(readdirSync(fresh)).toEqual(["runcast_v1_pb.ts"]);
  expect(outdated(fresh, committed)).toEqual([expect.stringContaining("runcast_v1_pb.ts is not what the schema makes: npm run proto")]);
  await generateProto(committed);
  expect(outdated(fresh, committed)).toEqual([]);
  appendFileSync(join(committed, "runcast_v1_pb.ts"), "// by hand");
  expect(outdated(fresh, committed)).toHaveLength(1);
});
