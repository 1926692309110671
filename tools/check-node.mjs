// The first line of every script: below Node 22.18 the SQLite binding kills the process without a message.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Aspen needs Node 22.18 or newer; this is ${process.version}.\n` +
      `Run it through pnpm, which puts the pinned Node in front: npx -y pnpm@12.21.0 start`,
  );
  process.exit(1);
}
