// Says what the packaged llama.cpp makes of the model at argv[2]. Run it in a folder where
// `npm install node-llama-cpp@3.22.1` was run:
//
//	echo '{"ids": [2, 17, 9], "texts": ["Hello"]}' | node logits.mjs MODEL.gguf
//
// "adapters": [{"filePath": "adapter.gguf", "scale": 1}] applies adapters. It prints one JSON object: "logits" has a row of the vocabulary for each of the ids, "tokens" the ids of each text,
// "bos", "eos" and "eot" the special tokens that llama.cpp knows.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = createRequire(join(process.cwd(), "package.json"));
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(packages.resolve("node-llama-cpp")));

const { ids, texts = [], adapters = [] } = JSON.parse(readFileSync(0, "utf8"));
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 2 });
const model = await llama.loadModel({ modelPath: process.argv[2] });
const context = await model.createContext({ contextSize: ids.length + 1, threads: 2, ...(adapters.length > 0 ? { lora: { adapters } } : {}) });
const rows = await context.getSequence().controlledEvaluate(ids.map((id) => [id, { generateNext: { logits: true } }]));
const logits = rows.map(({ next }) => {
	const row = new Array(next.logits.size);
	for (const [id, logit] of next.logits) row[id] = logit;
	return row;
});
const { bos, eos, eot } = model.tokens;
process.stdout.write(JSON.stringify({ logits, tokens: texts.map((text) => model.tokenize(text)), bos, eos, eot }) + "\n", () => process.exit(0));
