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

# Not `dlcourse` in the home: a hub may want a clone of that name there.
ENV DLCOURSE_WORK=/home/${NB_USER}/lessons

COPY . /opt/dlcourse
RUN uv pip install --system --no-cache --torch-backend cpu \
      --constraint /opt/dlcourse/constraints.txt /opt/dlcourse \
      jupyterhub nbgitpuller

USER ${NB_USER}
WORKDIR /home/${NB_USER}
# Binder shows the home as it is in the image: the copies of the lessons must be there already.
RUN python -c "import torch; from dlcourse.commands.workspace import copy_lessons; copy_lessons()"
CMD ["jupyterhub-singleuser"]
