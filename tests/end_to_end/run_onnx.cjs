// Runs an ONNX model with onnxruntime-node and prints its first output as JSON.
// node run_onnx.cjs MODEL.onnx INPUT.f32 (raw little-endian float32, in the order of the model's input) 1 3 32 32
const fs = require('fs');
const ort = require('onnxruntime-node');

async function main() {
  const [model, input, ...sizes] = process.argv.slice(2);
  const bytes = fs.readFileSync(input);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1 });
  const outputs = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', values, sizes.map(Number)) });
  console.log(JSON.stringify(Array.from(outputs[session.outputNames[0]].data)));
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
