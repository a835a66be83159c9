// Asks AWS who it is: as often as its first argument says, or with 0 until that many sessions have been used as its second says.
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";

const AWS = createRequire(process.env.NODE_PATH + "/")("aws-sdk");
const [calls, lives] = process.argv.slice(2).map(Number);
const sts = new AWS.STS({ region: "us-west-2", endpoint: process.env.AWS_ENDPOINT_URL });
const keys = new Set();
let arn;
for (let done = 0; done < calls || keys.size < lives; done++) {
  arn = (await sts.getCallerIdentity().promise()).Arn;
  keys.add(sts.config.credentials.accessKeyId);
  if (lives) await setTimeout(200);
}
console.log(arn);
