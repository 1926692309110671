// Who may import whom. ARCHITECTURE.md draws the same table; this file is the one that is enforced.

/** For every package, the packages of lower layers that its sources may import, by their public entry points. */
const layers = {
  // Layer 0
  api: [],
  linearizability: [],
  // Between the layers 0 and 1: the rows that everybody writes
  codec: ["api"],
  // Layer 1
  protocol: ["api", "codec"],
  // Layer 2: siblings meet in `cluster`, or in a test, never in each other
  raft: ["api", "codec"],
  "log-store": ["api", "codec"],
  "state-machine": ["api", "codec", "protocol"],
  transport: ["api", "codec"],
  discovery: ["api", "codec"],
  blobs: ["api", "codec"],
  "docs-crdt": ["api", "codec"],
  // Layer 3
  coordination: ["api", "codec"],
  client: ["api", "codec", "protocol", "transport"],
  cluster: [
    "api",
    "blobs",
    "codec",
    "discovery",
    "docs-crdt",
    "log-store",
    "protocol",
    "raft",
    "state-machine",
    "transport",
  ],
  // Layer 4
  simulation: [
    "api",
    "blobs",
    "client",
    "cluster",
    "codec",
    "coordination",
    "discovery",
    "docs-crdt",
    "linearizability",
    "log-store",
    "protocol",
    "raft",
    "state-machine",
    "transport",
  ],
};

/** Layer 5. An app is a place where parts are put together; nothing imports it. */
const appLayers = {
  cli: ["api", "client", "cluster", "coordination", "protocol", "transport"],
  node: ["api", "cluster", "discovery", "log-store", "protocol", "raft", "state-machine", "transport"],
  tui: ["api", "client", "transport"],
};

/** Native and network dependencies, and the one folder name that may import each. */
const adapters = {
  lmdb: "^lmdb$",
  sqlite: "^better-sqlite3$",
  libp2p: "^(libp2p|@libp2p/.+|@chainsafe/libp2p-.+|@multiformats/.+)$",
};

const ADAPTER_FOLDERS = `(${Object.keys(adapters).join("|")}|fs)`;
const NATIVE_PACKAGE = "node_modules/(lmdb|better-sqlite3|libp2p|@libp2p/[^/]+|@chainsafe/libp2p-[^/]+)/";
const NETWORK_MODULE = "^(node:)?(child_process|cluster|dgram|dns|http|http2|https|net|tls|worker_threads)(/|$)";
const TEST_FILES = "(\\.test\\.ts$|^(packages|apps|tools)/[^/]+/(test|bench)/)";
const CONFIG_FILES = "/tsup\\.config\\.ts$";

/** @param {string} folder */
const sourcesOf = (folder) => ({ path: `^${folder}/`, pathNot: [TEST_FILES, CONFIG_FILES] });

/**
 * @param {string} folder
 * @param {readonly string[]} allowed
 */
const layerRule = (folder, allowed) => ({
  name: `layer-${folder.replace("/", "-")}`,
  comment: `${folder} may import ${allowed.length === 0 ? "no other package" : allowed.join(", ")}`,
  severity: "error",
  from: sourcesOf(folder),
  to: {
    path: "^(packages|apps)/",
    pathNot: [`^${folder}/`, ...allowed.map((name) => `^packages/${name}/`)],
  },
});

const unlistedRule = {
  name: "layer-unlisted",
  comment: "a new package must be given its place in the layer table before it imports another one",
  severity: "error",
  from: {
    path: "^(packages|apps)/([^/]+)/",
    pathNot: [
      `^packages/(${Object.keys(layers).join("|")})/`,
      `^apps/(${Object.keys(appLayers).join("|")})/`,
      TEST_FILES,
      CONFIG_FILES,
    ],
  },
  to: { path: "^(packages|apps)/", pathNot: "^$1/$2/" },
};

const adapterRules = Object.entries(adapters).map(([folder, driver]) => ({
  name: `adapter-${folder}`,
  comment: `only src/${folder} knows this driver; everything else goes through the port`,
  severity: "error",
  from: { pathNot: [`^packages/[^/]+/src/${folder}/`, TEST_FILES] },
  to: { path: [`node_modules/${driver.slice(1, -1)}/`, driver] },
}));

export default {
  forbidden: [
    ...Object.entries(layers).map(([name, allowed]) => layerRule(`packages/${name}`, allowed)),
    ...Object.entries(appLayers).map(([name, allowed]) => layerRule(`apps/${name}`, allowed)),
    unlistedRule,
    ...adapterRules,
    {
      name: "codec-depends-on-nothing",
      comment: "the bytes on disk and wire must not change because some other library did",
      severity: "error",
      from: sourcesOf("packages/codec"),
      to: { pathNot: ["^packages/(codec|api)/"] },
    },
    {
      name: "no-cycles",
      comment: "type imports count too: two files that need each other are one file or three",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-own-index",
      comment: "index.ts is the way in from outside; inside a package the file itself is imported",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/", pathNot: [TEST_FILES] },
      to: { path: ["^$1/$2/src/index\\.ts$", "^$1/$2/src/.+/index\\.ts$"] },
    },
    {
      name: "no-deep-import",
      comment: "another package is reached by its name and its public entry points, never by a path into it",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^(packages|apps)/", pathNot: "^$1/$2/", dependencyTypes: ["local"] },
    },
    {
      name: "no-source-imports-test",
      comment: "what tests need from elsewhere is published behind ./testing or ./memory",
      severity: "error",
      from: { path: "^(packages|apps)/", pathNot: TEST_FILES },
      to: { path: TEST_FILES },
    },
    {
      name: "entries-stay-light",
      comment: "the plain, memory and testing entries load no native driver, however indirectly",
      severity: "error",
      from: { path: "^packages/[^/]+/src/((memory|testing)/)?index\\.ts$" },
      to: { path: [NATIVE_PACKAGE, `^packages/[^/]+/src/${ADAPTER_FOLDERS}/`], reachable: true },
    },
    {
      name: "entries-open-no-socket",
      comment: "the plain and memory entries load nothing that talks to a network or starts a process or thread",
      severity: "error",
      from: { path: "^packages/[^/]+/src/(memory/)?index\\.ts$" },
      to: { path: NETWORK_MODULE, reachable: true },
    },
    {
      name: "cluster-wires-adapters-in-default-alone",
      comment: "everything else in cluster knows ports only",
      severity: "error",
      from: { path: "^packages/cluster/src/", pathNot: ["^packages/cluster/src/default/", TEST_FILES] },
      to: { path: `^packages/[^/]+/src/${ADAPTER_FOLDERS}/` },
    },
    {
      name: "simulation-touches-no-network-and-no-disk-log",
      comment: "of the adapters a simulation runs SQLite alone, which is deterministic in memory",
      severity: "error",
      from: sourcesOf("packages/simulation"),
      to: { path: "^packages/[^/]+/src/(lmdb|libp2p|fs|default)/" },
    },
    {
      name: "raft-core-is-pure",
      comment: "the core is a function of its events: no module of Node",
      severity: "error",
      from: { path: "^packages/raft/src/core/", pathNot: TEST_FILES },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "raft-core-knows-no-shell",
      comment: "the shell runs the core, never the other way round",
      severity: "error",
      from: { path: "^packages/raft/src/core/", pathNot: TEST_FILES },
      to: { path: "^packages/raft/src/(?!core/)[^/]+/" },
    },
    {
      name: "contracts-are-pure",
      comment: "contracts and bytes do no I/O; protocol may hash and sign, and acceptance suites may assert",
      severity: "error",
      from: { path: "^packages/(api|codec|protocol|linearizability)/src/", pathNot: [TEST_FILES, "/src/testing/"] },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    {
      name: "contracts-hash-nothing",
      comment: "of the contracts and bytes only protocol knows of keys and signatures",
      severity: "error",
      from: { path: "^packages/(api|codec|linearizability)/src/", pathNot: [TEST_FILES, "/src/testing/"] },
      to: { path: "^(node:)?crypto$" },
    },
    {
      name: "no-development-dependency-in-sources",
      comment: "what published code imports must be a dependency",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src/", pathNot: TEST_FILES },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg"], dependencyTypesNot: ["npm", "type-only"] },
    },
    {
      name: "resolvable",
      comment: "an import that resolves to nothing, such as one that no exports map offers",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(packages|apps)/[^/]+/dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    builtInModules: { add: ["node:sqlite"] },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@aspenjs/source", "import", "node", "default", "types"],
    },
  },
};
