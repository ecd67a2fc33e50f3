"""A training in plain PyTorch that logs to TensorBoard. Nothing of runcast is in it:

npx runcast run -- python examples/trainers/torch_tensorboard.py
"""

import torch
from torch.utils.tensorboard import SummaryWriter

torch.manual_seed(7)
inputs = torch.randn(512, 8)
targets = inputs @ torch.randn(8, 1) + 0.1 * torch.randn(512, 1)
model = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)

with SummaryWriter("runs/torch") as writer:
    for step in range(300):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
        writer.add_scalar("loss/train", loss, step)
