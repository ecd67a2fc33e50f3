"""A Hugging Face `Trainer` with a tiny language model of random weights; it downloads nothing:

npx runcast run -- python examples/trainers/huggingface.py
"""

from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

import torch
from runcast.integrations.transformers import RuncastCallback


class Counting(torch.utils.data.Dataset):
    """Sequences that count upwards: 3, 4, 5, …"""

    def __len__(self) -> int:
        return 256

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        ids = torch.arange(index % 32, index % 32 + 16)
        return {"input_ids": ids, "labels": ids}


trainer = Trainer(
    model=GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=32, n_embd=32, n_layer=2, n_head=2)),
    args=TrainingArguments(
        "runs/huggingface",
        run_name="counting",
        num_train_epochs=3,
        per_device_train_batch_size=16,
        logging_steps=1,
        eval_strategy="epoch",
        save_strategy="epoch",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    ),
    train_dataset=Counting(),
    eval_dataset=Counting(),
    callbacks=[RuncastCallback()],
)
trainer.train()
