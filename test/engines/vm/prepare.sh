#!/bin/sh
# Run once in a new machine, whose disk is kept: each engine makes its stores and gets its images.
set -e
systemctl start docker
for image in busybox debian; do
  docker import "/opt/$image.tar" "$image:latest"
  podman import -q "/opt/$image.tar" "docker.io/library/$image:latest"
done
docker save busybox:latest -o /opt/busybox.oci.tar
for namespace in default k8s.io; do ctr -n "$namespace" images import /opt/busybox.oci.tar; done
rm /opt/*.oci.tar
systemctl stop docker.socket docker containerd
sync
