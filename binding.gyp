{
  "variables": {
    # Strict, and the same for all that is ours; each target adds its own.
    "warnings": ["-Wall", "-Wextra", "-Wunused-parameter", "-Werror"],
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
          "cflags": [
            "-Os", "<@(warnings)", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
            "-fno-pic", "-fno-pie", "-ffunction-sections", "-fdata-sections",
          ],
          "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"],
          "ldflags": ["-nostdlib", "-static", "-no-pie", "-Wl,--gc-sections", "-Wl,--build-id=none", "-s"],
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
          "cflags": [
            "-Os", "<@(warnings)", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
            "-fno-pic", "-fno-pie",
          ],
          "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
          "ldflags": ["-nostdlib", "-static", "-no-pie", "-Wl,--gc-sections", "-Wl,--build-id=none", "-s"],
        },
      },
    },
    {
      "target_name": "tsrunc",
      "type": "loadable_module",
      "dependencies": ["tsrunc-init"],
      "sources": ["<!@(node scripts/list-sources.mjs addon/core)", "addon/bindings/node.cc"],
      "defines": ["_GNU_SOURCE", "NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS", "NAPI_DISABLE_CPP_EXCEPTIONS"],
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
          "cflags": ["-O2", "<@(warnings)", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections"],
          "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
          "ldflags": ["-Wl,--gc-sections", "-Wl,-z,relro,-z,now", "-s"],
        },
      },
    },
  ],
}
