#include "core/lsa/news.h"

static void
news_overflow(struct news *news)
{
	news_done(news);
	news->many = true;
}

static void
news_push(struct news *news, struct news_one one)
{
	if (!news->many && news->list.n == NEWS_MAX)
		news_overflow(news);
	if (news->many)
		lsa_free(one.was);
	else
		vec_push(&news->list, one);
}

void
news_add(struct news *news, const struct lsa_key *key)
{
	news_push(news, (struct news_one){ .key = *key });
}

void
news_gone(struct news *news, struct lsa *was)
{
	news_push(news, (struct news_one){ .key = was->key, .was = was });
}

void
news_clear(struct news *news)
{
	for (size_t i = 0; i < news->list.n; i++)
		lsa_free(news->list.v[i].was);
	news->list.n = 0;
	news->many = false;
}

void
news_done(struct news *news)
{
	news_clear(news);
	vec_done(&news->list);
}
