import { defineConfig } from "vitest/config";

// One entry per kind of page; django-vite reads the manifest. Relative addresses, so that the static
// prefix stays a server setting.
export default defineConfig({
  base: "./",
  publicDir: "public",
  // Bootstrap 5.3 is still written with @import; its warnings are not ours to mend.
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"] } } },
  // Styles say nothing in tests, but where one is read as text.
  test: { css: { include: [/\?raw$/] } },
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    emptyOutDir: true,
    // Office machines lag years behind: Chromium 87 is what older 360/UOS browsers are built on.
    target: ["chrome87", "firefox91", "safari14"],
    cssTarget: "chrome87",
    modulePreload: { polyfill: false },
    rollupOptions: {
      checks: { pluginTimings: false },
      input: {
        app: "src/app.ts",
        map: "src/map.ts",
        editor: "src/editor.ts",
        check: "src/check.ts",
        portal: "src/portal.ts",
        voices: "src/voices.ts",
        question: "src/question.ts",
        public: "src/public.ts",
        listed: "src/listed.ts",
        statistics: "src/statistics.ts",
        worker: "src/public/worker.ts",
        leading: "src/leading.ts",
        instruct: "src/instruct.ts",
        differences: "src/differences.ts",
        comparison: "src/comparison.ts",
        comparisons: "src/comparisons.ts",
        jobs: "src/jobs.ts",
        rulebook: "src/rulebook.ts",
        "rulebook-trial": "src/rulebook-trial.ts",
        version: "src/version.ts",
        versions: "src/versions.ts",
        revalidation: "src/revalidation.ts",
        upload: "src/upload.ts",
        uploads: "src/uploads.ts",
        alternatives: "src/alternatives.ts",
        suggestions: "src/suggestions.ts",
        review: "src/review.ts",
        "expert-review": "src/expert-review.ts",
        record: "src/record.ts",
        tables: "src/tables.ts",
      },
    },
  },
});
