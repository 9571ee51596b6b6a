# Every image is made here: SERVICE is a folder of services/, and the default target runs it.
#   docker build --build-arg SERVICE=billing --tag wewrite/billing .
# The other two targets serve development: `sandbox` with SERVICE=local-stack, `cli` with SERVICE=cli.
ARG NODE_IMAGE=node:26.10.0-slim

# Only what the workspace needs: a change elsewhere leaves the layers below as they are.
FROM ${NODE_IMAGE} AS pruned
ENV TURBO_TELEMETRY_DISABLED=1
WORKDIR /wewrite
RUN npm install --global turbo@2.11.5
COPY . .
ARG SERVICE
RUN turbo prune "@wewrite/${SERVICE}" --docker

# Packages before sources, which change more often. Optional ones are native drivers and embedded servers: none is used.
FROM ${NODE_IMAGE} AS installed
WORKDIR /wewrite
COPY --from=pruned /wewrite/out/json/ ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY --from=pruned /wewrite/out/full/ ./

# Sources run as they are, from workspaces that node_modules links to: Node strips no types of what lies inside it.
FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production HOST=0.0.0.0
RUN install -d -o node -g node /run/wewrite /var/lib/wewrite
COPY --from=installed /wewrite/ /wewrite/
USER node

FROM runtime AS cli
ENV WEWRITE_DIRECTORY=/var/lib/wewrite
WORKDIR /wewrite/apps/cli
ENTRYPOINT ["node", "./src/main.ts"]

# For development alone: it refuses NODE_ENV=production.
FROM runtime AS sandbox
ENV PORT=8090 SANDBOX_DATABASE=/var/lib/wewrite/sandbox.sqlite
WORKDIR /wewrite/libs/local-stack
EXPOSE 8090
HEALTHCHECK --interval=5s --timeout=10s --retries=6 --start-period=60s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/clock`).then((answer) => process.exit(answer.ok ? 0 : 1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "./src/sandbox/main.ts"]

# SIGTERM drains: requests, messages and transactions under way are finished, then the process ends with 0.
FROM runtime AS service
ARG SERVICE
ENV PORT=8080 ADMIN_PORT=9080
WORKDIR /wewrite/services/${SERVICE}
EXPOSE 8080 9080
HEALTHCHECK --interval=5s --timeout=10s --retries=6 --start-period=60s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1))"]
CMD ["node", "--import", "./src/telemetry.ts", "./src/main.ts"]
