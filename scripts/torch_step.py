#!/usr/bin/env python3
"""One training step of the golden Gemma 3 in PyTorch, for engine/train to be held against.

    scripts/torch_step.py MODEL_FOLDER OUT.json        the fixture of engine/train/testdata
    scripts/torch_step.py -speed LAYERS,HIDDEN,HEADS,HEAD_DIM,FEED_FORWARD,VOCAB TOKENS STEPS
                                                       LoRA of rank 8 on random weights: tokens a second, memory

A plain decoder: autograd makes all gradients. Needs numpy and torch 1.13 or newer; float32 on the CPU.
"""
import json
import math
import resource
import struct
import sys
import time

import numpy as np
import torch

LINEARS = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}
GAINS = {
    "attn_norm": "input_layernorm", "post_attention_norm": "post_attention_layernorm", "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm", "ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
}


def read_safetensors(path):
    """Returns the tensors of a file, BF16 and F32, as float32."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    out = {}
    for name, t in header.items():
        if name == "__metadata__":
            continue
        raw = data[t["data_offsets"][0]:t["data_offsets"][1]]
        if t["dtype"] == "BF16":
            x = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            x = np.frombuffer(raw, "<f4")
        out[name] = torch.from_numpy(x.copy().reshape(t["shape"]))
    return out


class Gemma:
    """The weights by their names in GGUF; gains are 1 + what the files store."""

    def __init__(self, config, weights):
        self.c, self.w, self.lora, self.scale = config, weights, {}, 0.0

    def linear(self, name, x):
        y = x @ self.w[name].T
        if name in self.lora:
            a, b = self.lora[name]
            y = y + self.scale * ((x @ a.T) @ b.T)
        return y

    def norm(self, name, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.c["eps"]) * self.w[name]

    def rotate(self, x, base):
        t, d = x.shape[0], x.shape[-1]
        angle = torch.arange(t).double()[:, None] * base ** (-torch.arange(d // 2).double() * 2 / d)
        cos, sin = angle.cos().float()[:, None], angle.sin().float()[:, None]
        u, v = x[..., :d // 2], x[..., d // 2:]
        return torch.cat([u * cos - v * sin, v * cos + u * sin], -1)

    def logits(self, ids):
        c, t = self.c, len(ids)
        h, k, d = c["heads"], c["kv"], c["dim"]
        x = self.w["token_embd.weight"][ids] * math.sqrt(c["hidden"])
        i, j = torch.arange(t)[:, None], torch.arange(t)[None]
        for n in range(c["layers"]):
            b = f"blk.{n}."
            y = self.norm(b + "attn_norm.weight", x)
            base = c["base"] if c["global"][n] else c["local"]
            q = self.rotate(self.norm(b + "attn_q_norm.weight", self.linear(b + "attn_q.weight", y).view(t, h, d)), base)
            key = self.rotate(self.norm(b + "attn_k_norm.weight", self.linear(b + "attn_k.weight", y).view(t, k, d)), base)
            v = self.linear(b + "attn_v.weight", y).view(t, k, d)
            key, v = key.repeat_interleave(h // k, 1), v.repeat_interleave(h // k, 1)
            s = torch.einsum("ihd,jhd->hij", q, key) / math.sqrt(c["scalar"])
            hidden = j > i if c["global"][n] else (j > i) | (i - j >= c["window"])
            p = torch.softmax(s.masked_fill(hidden, float("-inf")), -1)
            y = torch.einsum("hij,jhd->ihd", p, v).reshape(t, h * d)
            x = x + self.norm(b + "post_attention_norm.weight", self.linear(b + "attn_output.weight", y))
            y = self.norm(b + "ffn_norm.weight", x)
            y = torch.nn.functional.gelu(self.linear(b + "ffn_gate.weight", y), approximate="tanh") * self.linear(b + "ffn_up.weight", y)
            x = x + self.norm(b + "post_ffw_norm.weight", self.linear(b + "ffn_down.weight", y))
        return self.norm("output_norm.weight", x) @ self.w["token_embd.weight"].T

    def loss(self, ids, first):
        """The mean cross entropy of the tokens from index first on."""
        z = self.logits(ids[:-1])[first - 1:]
        return torch.nn.functional.cross_entropy(z, ids[first:])


def load(folder):
    with open(folder + "/config.json") as f:
        j = json.load(f)
    files, w = read_safetensors(folder + "/model.safetensors"), {}
    w["token_embd.weight"], w["output_norm.weight"] = files["model.embed_tokens.weight"], files["model.norm.weight"] + 1
    for n in range(j["num_hidden_layers"]):
        for name, hf in LINEARS.items():
            w[f"blk.{n}.{name}.weight"] = files[f"model.layers.{n}.{hf}.weight"]
        for name, hf in GAINS.items():
            w[f"blk.{n}.{name}.weight"] = files[f"model.layers.{n}.{hf}.weight"] + 1
    config = dict(layers=j["num_hidden_layers"], hidden=j["hidden_size"], heads=j["num_attention_heads"], kv=j["num_key_value_heads"],
                  dim=j["head_dim"], window=j["sliding_window"], eps=j["rms_norm_eps"], base=j["rope_theta"], local=j["rope_local_base_freq"],
                  scalar=j["query_pre_attn_scalar"])
    config["global"] = [k == "full_attention" for k in j["layer_types"]]
    return Gemma(config, w)


def pattern(rows, cols, size):
    """Factors of an adapter that both sides can make: a sine with a phase of its own for each element."""
    n = np.arange(rows * cols, dtype=np.float64)
    return torch.from_numpy((size * np.sin(0.7 * n + 1)).astype(np.float32).reshape(rows, cols))


def sampled(x):
    """Up to 24 elements, evenly spread, in the order of the memory."""
    flat = x.detach().flatten()
    return [float(v) for v in flat[::max(1, len(flat) // 24)][:24]]


def step(folder, lora):
    m = load(folder)
    ids = read_tokens(folder)
    rank = 4
    if lora:
        m.scale = 2.0
        for name in [n for n in m.w if n.split(".")[-2] in LINEARS]:
            out, inner = m.w[name].shape
            m.lora[name] = (pattern(rank, inner, 0.05), pattern(out, rank, 0.05))
        params = {f"{n}.lora_{'ab'[i]}": p for n, f in m.lora.items() for i, p in enumerate(f)}
    else:
        params = m.w
    for p in params.values():
        p.requires_grad_()
    gains = [p for n, p in params.items() if "norm" in n]
    others = [p for n, p in params.items() if "norm" not in n]
    adam = torch.optim.AdamW([dict(params=others, weight_decay=0.01), dict(params=gains, weight_decay=0.0)], lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    first, losses, tensors, norm = 20, [], {}, 0.0
    for n in range(2):
        adam.zero_grad()
        loss = m.loss(ids, first)
        loss.backward()
        losses.append(float(loss))
        if n == 0:
            norm = float(torch.nn.utils.clip_grad_norm_(list(params.values()), 1e9))
            for name, p in params.items():
                tensors[name] = dict(norm=float(p.grad.norm()), grad=sampled(p.grad))
        torch.nn.utils.clip_grad_norm_(list(params.values()), 0.5)
        adam.step()
        if n == 0:
            for name, p in params.items():
                tensors[name]["after"] = sampled(p)
    losses.append(float(m.loss(ids, first)))
    return dict(losses=losses, norm=norm, tensors=tensors)


def read_tokens(folder):
    with open(folder + "/expected.safetensors", "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        at = header["long.tokens"]["data_offsets"]
        f.seek(at[0], 1)
        return torch.from_numpy(np.frombuffer(f.read(at[1] - at[0]), "<i8").copy())


def rounded(v):
    if isinstance(v, float):
        return float(f"{v:.7g}")
    if isinstance(v, dict):
        return {k: rounded(x) for k, x in v.items()}
    return [rounded(x) for x in v] if isinstance(v, list) else v


def speed(shape, tokens, steps):
    layers, hidden, heads, dim, ffn, vocab = shape
    random = torch.Generator().manual_seed(1)
    matrix = lambda rows, cols: torch.randn(rows, cols, generator=random) / math.sqrt(cols)
    w = {"token_embd.weight": matrix(vocab, hidden), "output_norm.weight": torch.ones(hidden)}
    sizes = dict(attn_q=(heads * dim, hidden), attn_k=(dim, hidden), attn_v=(dim, hidden), attn_output=(hidden, heads * dim),
                 ffn_gate=(ffn, hidden), ffn_up=(ffn, hidden), ffn_down=(hidden, ffn))
    c = dict(layers=layers, hidden=hidden, heads=heads, kv=1, dim=dim, window=512, eps=1e-6, base=1e6, local=1e4, scalar=dim)
    c["global"] = [n % 6 == 5 for n in range(layers)]
    m = Gemma(c, w)
    m.scale, params = 1.0, []
    for n in range(layers):
        for name, size in sizes.items():
            w[f"blk.{n}.{name}.weight"] = matrix(*size)
            m.lora[f"blk.{n}.{name}.weight"] = f = (matrix(8, size[1]).requires_grad_(), torch.zeros(size[0], 8).requires_grad_())
            params += f
        for name in GAINS:
            w[f"blk.{n}.{name}.weight"] = torch.ones(dim if name in ("attn_q_norm", "attn_k_norm") else hidden)
    adam = torch.optim.AdamW(params, lr=1e-4)
    ids = torch.randint(vocab, (tokens + 1,), generator=random)
    for n in range(steps):
        began = time.perf_counter()
        adam.zero_grad()
        loss = m.loss(ids, 1)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        adam.step()
        print(f"{tokens / (time.perf_counter() - began):.1f} tokens/s, loss {float(loss):.4f}, "
              f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "-speed":
        speed([int(v) for v in sys.argv[2].split(",")], int(sys.argv[3]), int(sys.argv[4]))
    else:
        with open(sys.argv[2], "w") as f:
            json.dump(dict(lora=rounded(step(sys.argv[1], True)), full=rounded(step(sys.argv[1], False))), f, separators=(",", ":"))
            f.write("\n")
