"""A Lightning module:

npx runcast run -- python examples/trainers/lightning_module.py
"""

import lightning

import torch
from runcast.integrations.lightning import RuncastCallback, RuncastLogger
from torch.utils.data import DataLoader, TensorDataset


class Line(lightning.LightningModule):
    def __init__(self, lr: float = 1e-2) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(8, 1)

    def training_step(self, batch, _):
        loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("loss/train", loss)
        return loss

    def validation_step(self, batch, _):
        self.log("loss/validation", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)


torch.manual_seed(7)
inputs = torch.randn(512, 8)
loader = DataLoader(TensorDataset(inputs, inputs @ torch.randn(8, 1)), batch_size=32)
trainer = lightning.Trainer(
    logger=RuncastLogger("a line"),
    callbacks=[RuncastCallback()],
    max_epochs=5,
    log_every_n_steps=1,
    accelerator="cpu",
    enable_progress_bar=False,
    default_root_dir="runs/lightning",
)
trainer.fit(Line(), loader, loader)
