"""What JupyterHub sets for a class: memory, environment, and what opens first.

The Littlest JupyterHub reads it from /opt/tljh/config/jupyterhub_config.d (docs/class.md); so does the hub that the
tests start (tools/hub.py). The image of deploy/Dockerfile has the same environment.
"""

c = get_config()  # noqa: F821  (JupyterHub gives it)
c.Spawner.environment.update(
    {
        "PYTHONPATH": "/opt/lecture",
        "LECTURE_DATA": "/srv/lecture-data",
        "LECTURE_OFFLINE": "1",
        # PyTorch would start a thread for each core of the machine, for every student.
        "OMP_NUM_THREADS": "2",
        # Threads that wait for one another sleep, where they would spin: others have the core meanwhile.
        "OMP_WAIT_POLICY": "PASSIVE",
    }
)
c.Spawner.default_url = "/lab/tree/lecture.ipynb"
c.Spawner.mem_guarantee = "800M"
c.Spawner.mem_limit = "2G"
