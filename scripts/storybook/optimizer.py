"""Muon for matrices and convolutions, AdamW for the rest, behind one optimizer's face."""

from typing import Any

import torch
from torch import nn


class MuonAdamW:
    """Orthogonalised momentum (Jordan et al. 2024) for matrices and convolutions, AdamW for the others.

    Convolution weights are seen as (out, in·k·k) matrices. Embeddings and the first and last layers
    (named in ``outer``) stay with AdamW, as the authors advise. Learning rates are relative to ``rate``.
    """

    def __init__(self, model: nn.Module, *, outer: tuple[str, ...], weight_decay: float = 0.01) -> None:
        matrices: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for name, parameter in model.named_parameters():
            inner = parameter.ndim >= 2 and "embed" not in name and not name.startswith(outer)
            (matrices if inner else rest).append(parameter)
        self.parameters, self.views = matrices, [self._matrix(p.detach()) for p in matrices]
        self.muon = torch.optim.Muon(
            self.views, lr=1e-3, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        self.adamw = torch.optim.AdamW(
            rest, lr=1e-3, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True
        )

    @staticmethod
    def _matrix(weight: torch.Tensor) -> torch.Tensor:
        """Return the weight as an (out, rest) view of the same storage, whatever its memory format."""
        if weight.ndim == 4 and not weight.is_contiguous():
            weight = weight.permute(0, 2, 3, 1)
        return weight.view(weight.shape[0], -1)

    def step(self, rate: float) -> None:
        """Apply the gradients at a learning rate, and clear them."""
        for view, parameter in zip(self.views, self.parameters, strict=True):
            gradient = parameter.grad
            if gradient is not None:
                view.grad = (
                    gradient.permute(0, 2, 3, 1)
                    if gradient.ndim == 4 and not parameter.is_contiguous()
                    else gradient
                ).reshape(view.shape)
        for optimizer in (self.muon, self.adamw):
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
        self.adamw.zero_grad()
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return the state of both optimizers."""
        return {"muon": self.muon.state_dict(), "adamw": self.adamw.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave."""
        self.muon.load_state_dict(state["muon"])
        self.adamw.load_state_dict(state["adamw"])
