"""The student's maps and features against the teacher's: free factors, exact values, no gradient to the teacher."""

import torch

from hondo.losses.distillation import (
    distil_attention_loss,
    distil_feature_loss,
    distil_gradient_loss,
    distil_log_loss,
    distil_ssi_loss,
)

TEACHER = 0.1 + torch.rand(2, 1, 16, 20, generator=torch.Generator().manual_seed(0))
ALL = torch.ones_like(TEACHER, dtype=torch.bool)


def test_a_factor_is_free_and_of_relative_teachers_a_shift_too():
    assert distil_log_loss(5 * TEACHER, TEACHER, is_taught=ALL) < 1e-6
    assert distil_gradient_loss(5 * TEACHER, TEACHER, is_taught=ALL) < 1e-5
    assert distil_ssi_loss(5 * TEACHER + 3, TEACHER, is_taught=ALL) < 1e-5
    assert distil_log_loss(TEACHER + 3, TEACHER, is_taught=ALL) > 0.1


def test_half_of_the_image_e_times_nearer():
    pred = TEACHER.clone()
    pred[..., 12:] *= torch.e
    torch.testing.assert_close(distil_log_loss(pred, TEACHER, is_taught=ALL), torch.tensor(8 / 20))


def test_features_are_compared_by_direction_and_resized():
    teacher = torch.zeros(1, 2, 4, 4)
    teacher[:, 0] = 3.0
    student = torch.zeros(1, 2, 8, 8)
    student[:, 0] = 0.5
    taught = torch.ones(1, 1, 16, 16, dtype=torch.bool)
    assert distil_feature_loss(student, teacher, is_taught=taught) < 1e-6
    assert abs(float(distil_feature_loss(student.flip(1), teacher, is_taught=taught)) - 1) < 1e-6
    taught[..., 8:] = False
    student[..., 4:] = torch.rand(1, 2, 8, 4)
    assert distil_feature_loss(student, teacher, is_taught=taught)[None].isfinite()


def test_attention_is_where_the_energy_is_whatever_the_channels():
    teacher, taught = torch.zeros(1, 3, 2, 2), torch.ones(1, 1, 8, 8, dtype=torch.bool)
    teacher[:, :, 0, 0] = 2.0
    student = torch.zeros(1, 5, 2, 2)
    student[:, 0, 0, 0] = 7.0
    assert distil_attention_loss(student, teacher, is_taught=taught) < 1e-6
    elsewhere = student.flip(-1).requires_grad_()
    loss = distil_attention_loss(elsewhere, teacher, is_taught=taught)
    loss.backward()
    assert abs(float(loss.detach()) - 2) < 1e-6 and elsewhere.grad.isfinite().all()
    taught[:] = False
    assert distil_attention_loss(student, teacher, is_taught=taught) == 0


def test_no_gradient_reaches_the_teacher():
    teacher, student = TEACHER.clone().requires_grad_(), TEACHER.flip(-1).requires_grad_()
    for loss in (distil_log_loss, distil_ssi_loss, distil_gradient_loss):
        loss(student, teacher, is_taught=ALL).backward()
    assert teacher.grad is None and student.grad.abs().sum() > 0
