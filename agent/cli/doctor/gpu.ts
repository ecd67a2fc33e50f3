import { askProgram } from "./ask-program.ts";
import { type Finding, ok, warning } from "./finding.ts";

const CHECK = "gpu";

/** The tools that tell a GPU's load and memory. A training is watched without them too: nothing here fails. */
export async function checkGpu(env: NodeJS.ProcessEnv): Promise<Finding> {
  const nvidia = await askProgram("nvidia-smi", ["-L"], env);
  if (nvidia.kind === "failed") {
    return warning(
      CHECK,
      `nvidia-smi fails: ${nvidia.message}`,
      "look after the NVIDIA driver: no load or memory of GPUs is shown without it",
    );
  }
  if (nvidia.kind === "told") {
    const gpus = nvidia.stdout.split("\n").filter((line) => line.startsWith("GPU ")).length;
    if (gpus > 0) return ok(CHECK, `nvidia-smi sees ${gpus} ${gpus === 1 ? "GPU" : "GPUs"}`);
    return warning(CHECK, "nvidia-smi sees no GPU", "in a container: give it the GPUs (docker run --gpus all)");
  }
  const rocm = await askProgram("rocm-smi", ["--showid"], env);
  if (rocm.kind === "told") {
    return warning(CHECK, "rocm-smi is there, nvidia-smi is not", "load and memory are measured of NVIDIA's GPUs alone; all else is shown");
  }
  const fails = rocm.kind === "failed" ? `, and rocm-smi fails: ${rocm.message}` : " or rocm-smi";
  return warning(
    CHECK,
    `there is no nvidia-smi${fails}`,
    "where this machine has a GPU, put its tool on PATH: its load and memory are shown then",
  );
}
