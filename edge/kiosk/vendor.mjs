// Brings the browser libraries of package.json into static/vendor/, minified, with their licences.
// Run by `npm run vendor` at set-up; the folder is not committed, and nothing is fetched at run time.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "..", "node_modules");
const target = join(here, "static", "vendor");

await mkdir(target, { recursive: true });
const client = await readFile(join(modules, "socket.io-client", "dist", "socket.io.min.js"), "utf8");
await writeFile(join(target, "socket.io.min.js"), client.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
// jsQR is published unminified; 57 KB gzipped would take the kiosk's whole script budget.
const source = await readFile(join(modules, "jsqr", "dist", "jsQR.js"), "utf8");
const { code } = await minify(source, { compress: { passes: 2 }, mangle: true });
await writeFile(join(target, "jsqr.min.js"), code);
for (const name of ["socket.io-client", "jsqr"]) {
  await copyFile(join(modules, name, "LICENSE"), join(target, `${name}.LICENSE`));
}
