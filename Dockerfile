# The demo shop, for docker-compose.yml.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1
RUN useradd --create-home shop
WORKDIR /app
COPY requirements.txt setup.cfg pyproject.toml README.md LICENSE manage.py ./
COPY eventstreaming eventstreaming
COPY demo_project demo_project
RUN pip install --no-cache-dir -r requirements.txt
USER shop
EXPOSE 8000
CMD ["python", "manage.py", "runserver", "--noreload", "0.0.0.0:8000"]
