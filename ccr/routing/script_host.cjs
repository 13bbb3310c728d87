// Runs a user's router for ccr: one JSON object per line comes in, one per line goes out.
//   in   {id, body, headers, session_id, token_count}       the first line is {config}
//   out  {id, answer} | {id, error} | {said}
"use strict";

const { EventEmitter } = require("node:events");
const { writeSync } = require("node:fs");
const { createInterface } = require("node:readline");
const { pathToFileURL } = require("node:url");
const { format } = require("node:util");

const LONGEST = 2000; // characters of an answer or of something said

// The channel is ours alone: what the script prints is said by a line of its own.
const send = (message) => {
  let bytes = Buffer.from(JSON.stringify(message) + "\n");
  while (bytes.length) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") process.exit(1);
    }
  }
};
const say = (...words) => send({ said: format(...words).slice(0, LONGEST) });
for (const level of ["log", "info", "warn", "error", "debug", "trace"]) console[level] = say;
process.stdout.write = process.stderr.write = (text) => (say(String(text).trimEnd()), true);
const log = { fatal: say, error: say, warn: say, info: say, debug: () => {}, trace: () => {} };
log.child = () => log;

process.on("uncaughtException", (error) => say("uncaught:", error));
process.on("unhandledRejection", (error) => say("unhandled:", error));

const event = new EventEmitter();
let config = {};
const loaded = import(pathToFileURL(process.argv[2]).href).then((module) => {
  const found = [module.default, module.default?.default, module.route].find((it) => typeof it === "function");
  if (!found) throw new Error("it exports no function: write module.exports = async (req, config) => …");
  return found;
});
loaded.catch(() => {}); // each question is told

const shown = (answer) => {
  if (answer === undefined || answer === null) return null;
  if (typeof answer === "string") return answer.slice(0, LONGEST);
  throw new Error(`it answered with a value of type ${typeof answer}, expected "provider,model"`);
};

createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", async (line) => {
    const { id, ...question } = JSON.parse(line);
    if (question.config) return void (config = question.config);
    const { body, headers, session_id: sessionId, token_count: tokenCount } = question;
    try {
      const route = await loaded;
      send({ id, answer: shown(await route({ body, headers, sessionId, tokenCount, log }, config, { event })) });
    } catch (error) {
      send({ id, error: String(error?.message || error).slice(0, LONGEST) });
    }
  })
  .on("close", () => process.exit(0));
