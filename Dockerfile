# The course with the small PyTorch, without GPU libraries: for JupyterHub, a devcontainer, Binder.
#   docker build --tag dlcourse .
FROM python:3.12-slim

# git for nbgitpuller; uv since pip cannot choose the small PyTorch
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git make \
 && rm -rf /var/lib/apt/lists/* \
 && pip install --no-cache-dir uv

# Binder gives its user by these two.
ARG NB_USER=learner
ARG NB_UID=1000
RUN useradd --create-home --uid ${NB_UID} ${NB_USER}

COPY . /opt/dlcourse
RUN uv pip install --system --no-cache --torch-backend cpu \
      --constraint /opt/dlcourse/constraints.txt /opt/dlcourse \
      jupyterhub nbgitpuller

USER ${NB_USER}
WORKDIR /home/${NB_USER}
RUN python -c "import torch, dlcourse"
CMD ["jupyterhub-singleuser"]
