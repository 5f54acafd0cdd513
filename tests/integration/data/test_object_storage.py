"""Artifacts on S3 (moto's server): `make drill`, which installs it and s3fs for itself, with a botocore of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nightschool.children import free_port, spawn, wait_until_healthy

pytestmark = pytest.mark.drill

INSTALLED = ("s3fs==2026.9.0", "moto[s3]==5.2.5", "flask-cors==6.0.5")
TWO_MACHINES = """
import sys
from pathlib import Path

import s3fs

from nightschool.artifacts import artifacts_of
from nightschool.settings import Settings

s3fs.S3FileSystem().mkdir("bucket")
one, two = (artifacts_of(Settings(home=Path(sys.argv[1]) / name, artifacts_url="s3://bucket/nightschool")) for name in "ab")
ref = one.write_json("examples", ["Xin chào", 2])
large = one.write("turns", ".parquet", lambda path: path.write_bytes(bytes(range(256)) * 40_000))
assert two.has(ref) and two.read_json(ref) == ["Xin chào", 2]
assert two.path(large).read_bytes() == one.path(large).read_bytes()
assert one.write_json("examples", ["Xin chào", 2]) == ref
assert not two.has(ref.model_copy(update={"digest": "0" * 64}))
print("two machines, one storage")
"""


def test_what_one_machine_puts_on_s3_another_reads(tmp_path):
    extra = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(extra), *INSTALLED]
    subprocess.run(install, check=True, timeout=300)
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(extra), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    environment |= {"AWS_ACCESS_KEY_ID": "drill", "AWS_SECRET_ACCESS_KEY": "drill", "AWS_DEFAULT_REGION": "us-east-1"}
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with spawn(server, log=tmp_path / "moto.log", env=environment) as child:
        wait_until_healthy(f"http://127.0.0.1:{port}/moto-api/", child=child, timeout_s=60, what="moto")
        line = [sys.executable, "-c", TWO_MACHINES, str(tmp_path)]
        done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "two machines" in done.stdout
