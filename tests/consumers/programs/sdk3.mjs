// Asks AWS who it is: as often as its first argument says, or with 0 until that many sessions have been used as its second says.
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";

const { STSClient, GetCallerIdentityCommand } = createRequire(process.env.NODE_PATH + "/")("@aws-sdk/client-sts");
const [calls, lives] = process.argv.slice(2).map(Number);
const sts = new STSClient({ region: "us-west-2" });
const keys = new Set();
let arn;
for (let done = 0; done < calls || keys.size < lives; done++) {
  arn = (await sts.send(new GetCallerIdentityCommand({}))).Arn;
  keys.add((await sts.config.credentials()).accessKeyId);
  if (lives) await setTimeout(200);
}
console.log(arn);
