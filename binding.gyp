{
  "variables": {
    # The same for whoever compiles it; each target adds what only node-gyp asks for.
    "warnings": ["<!@(node scripts/compiler-flags.mjs warnings)"],
    "language": ["<!@(node scripts/compiler-flags.mjs language)"],
    "core": ["<!@(node scripts/compiler-flags.mjs core)"],
    "hardened": ["<!@(node scripts/compiler-flags.mjs hardened)"],
    "hardened_init": ["<!@(node scripts/compiler-flags.mjs hardenedInit)"],
    "addon": ["<!@(node scripts/compiler-flags.mjs addon)"],
    "addon_link": ["<!@(node scripts/compiler-flags.mjs addonLink)"],
    "freestanding": ["<!@(node scripts/compiler-flags.mjs freestanding)"],
    "freestanding_link": ["<!@(node scripts/compiler-flags.mjs freestandingLink)"],
    "node_path": "<!(node -p process.execPath)",
  },
  "targets": [
    {
      # The container's first process: static, freestanding, without a C library.
      "target_name": "tsrunc-init",
      "type": "executable",
      "product_extension": "",
      "sources": ["<!@(node scripts/list-sources.mjs addon/init)"],
      "cflags!": ["-fPIC", "-pthread", "-O3"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "ldflags!": ["-pthread", "-rdynamic"],
      "configurations": {
        "Release": {
          "cflags!": ["-O3", "-fPIC"],
          "cflags": ["<@(warnings)", "<@(freestanding)", "<@(hardened_init)"],
          "cflags_cc": ["<@(language)"],
          "ldflags": ["<@(freestanding_link)"],
        },
      },
    },
    {
      # bin/tsrunc-node: saves what Node would change, then becomes Node.
      "target_name": "tsrunc-launcher",
      "type": "executable",
      "product_extension": "",
      "sources": ["addon/launcher/launcher.cc"],
      "defines": ["TSRUNC_NODE=\"<(node_path)\"", "TSRUNC_NODE_OPTIONS=<!(node scripts/node-options.mjs)"],
      "cflags!": ["-fPIC", "-pthread", "-O3"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "ldflags!": ["-pthread", "-rdynamic"],
      "configurations": {
        "Release": {
          "cflags!": ["-O3", "-fPIC"],
          "cflags": ["<@(warnings)", "<@(freestanding)"],
          "cflags_cc": ["<@(language)"],
          "ldflags": ["<@(freestanding_link)"],
        },
      },
    },
    {
      "target_name": "tsrunc",
      "type": "loadable_module",
      "dependencies": ["tsrunc-init"],
      "sources": ["<!@(node scripts/list-sources.mjs addon/core)", "addon/bindings/node.cc"],
      # As a system header: its warnings are not ours.
      "cflags_cc": ["-isystem", "<!(node -p \"require('node:path').dirname(require.resolve('node-addon-api/package.json'))\")"],
      # Static: no library to look for at each start, nor on the machine it runs on.
      "libraries": ["-l:libseccomp.a"],
      "actions": [
        {
          # Init's executable as data of the addon; made anew whenever init is.
          "action_name": "embed-init",
          "inputs": ["<(PRODUCT_DIR)/tsrunc-init"],
          "outputs": ["<(INTERMEDIATE_DIR)/init-image.S"],
          "action": ["node", "scripts/embed-init.mjs", "<(PRODUCT_DIR)/tsrunc-init", "<(INTERMEDIATE_DIR)/init-image.S"],
          "process_outputs_as_sources": 1,
        },
      ],
      "configurations": {
        "Release": {
          "cflags!": ["-O3"],
          "cflags": ["<@(warnings)", "<@(core)", "<@(hardened)", "<@(addon)"],
          "cflags_cc": ["<@(language)"],
          "ldflags": ["<@(addon_link)"],
        },
      },
    },
  ],
}
