// Cases are packed in the page: each is unpacked when it is wanted, and kept.
const packed = JSON.parse(document.getElementById("bodies").textContent).cases;
const unpacked = new Map();

async function body(number) {
  if (!unpacked.has(number)) {
    const bytes = Uint8Array.from(atob(packed[number]), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    unpacked.set(number, await new Response(stream).text());
  }
  return unpacked.get(number);
}
