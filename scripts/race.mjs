// Races the packaged llama.cpp with the model at argv[2], in a folder where `npm install node-llama-cpp@3.22.1` was run:
//
//	node race.mjs MODEL.gguf [prompt tokens] [answer tokens] [repetitions]
//
// It prints the medians. The prompt is random tokens; the sampler is the one that `lamp bench` uses for Gemma 3.
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [modelPath, prompt = 512, answer = 128, repeat = 3] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 2 });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: +prompt + +answer + 1, threads: 2, batchSize: 512 });
const sequence = context.getSequence();

const prefill = [], decode = [];
for (let run = 0; run <= +repeat; run++) { // the first one does not count
	await sequence.clearHistory();
	const ids = [2];
	for (let s = run + 1; ids.length < +prompt;) {
		s = (s * 1103515245 + 12345) % 2147483648;
		ids.push(1000 + (s % 200000));
	}
	const start = performance.now();
	let n = 0, first = 0;
	for await (const _ of sequence.evaluate(ids, { temperature: 1, topK: 64, topP: 0.95, yieldEogToken: true })) {
		if (n === 0) first = performance.now();
		if (n++ === +answer) break;
	}
	if (run > 0) {
		prefill.push(+prompt / (first - start) * 1000);
		decode.push((n - 1) / (performance.now() - first) * 1000);
	}
}
const median = (x) => x.sort((a, b) => a - b)[x.length >> 1].toFixed(1);
console.log(`llama.cpp ${llama.llamaCppRelease?.release}: prefill ${median(prefill)} tokens/s, decode ${median(decode)} tokens/s, ${context.currentThreads} threads`);
process.exit(0);
