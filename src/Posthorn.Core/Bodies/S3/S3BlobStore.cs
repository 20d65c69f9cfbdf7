using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Posthorn.Core.Bodies.S3;

/// <summary>
/// Bodies as objects in a bucket: <c>bodies/ab/…ab</c> by the last two digits of the id. An upload is gathered on the local disk and sent with one PUT, so the bucket has it whole or
/// not at all. A download is compared with the hash of its row before anybody reads it. Requests are repeated with growing pauses.
/// </summary>
internal sealed class S3BlobStore : IBlobStore, IDisposable
{
    /// <summary>Repetitions of a request by the client library, with growing pauses between them.</summary>
    private const int MaxRepetitions = 4;

    private readonly S3Options _options;
    private readonly AmazonS3Client _client;
    private readonly BodyCache _cache;

    private S3BlobStore(S3Options options, AmazonS3Client client, BodyCache cache) => (_options, _client, _cache) = (options, client, cache);

    /// <summary>Asks the bucket whether it may be used, and makes sure that no other store uses it.</summary>
    /// <exception cref="Storage.StoreOpeningException">With one line that says what is wrong and what to do.</exception>
    public static S3BlobStore Open(string dataFolder, S3Options options, BucketOwner owner)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = true,
            AuthenticationRegion = options.Region,
            MaxErrorRetry = MaxRepetitions,
            RetryMode = RequestRetryMode.Standard,
            Timeout = options.RequestTimeout,

            // Only what every server understands.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint.Length > 0)
        {
            config.ServiceURL = options.Endpoint;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        AmazonS3Client client = options.AccessKey.Length > 0 ? new(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config) : new(config);
        try
        {
            // Opening happens once, before anything listens; whoever asks for the store cannot await.
            Task.Run(async () =>
            {
                await client.HeadBucketAsync(new HeadBucketRequest { BucketName = options.Bucket });
                await owner.ClaimAsync(client, options);
            }).GetAwaiter().GetResult();
            return new S3BlobStore(options, client, new BodyCache(Path.Combine(dataFolder, "body-cache"), options.CacheBytes));
        }
        catch (Exception failure) when (S3Fault.IsFault(failure, CancellationToken.None))
        {
            client.Dispose();
            throw S3Fault.ToOpening(options, failure);
        }
        catch (Storage.StoreOpeningException)
        {
            client.Dispose();
            throw;
        }
    }

    public ValueTask<BlobUpload> CreateAsync(BodyId id, CancellationToken cancel)
    {
        try
        {
            return ValueTask.FromResult<BlobUpload>(new Upload(this, id, _cache.CreatePart()));
        }
        catch (IOException failure)
        {
            throw S3Fault.ToUnavailable(failure);
        }
    }

    public async ValueTask<Stream?> OpenAsync(StoredBody body, CancellationToken cancel)
    {
        try
        {
            return _cache.Open(body.Id) ?? await DownloadAsync(body, cancel);
        }
        catch (AmazonS3Exception failure) when (S3Fault.IsMissing(failure))
        {
            return null;
        }
        catch (Exception failure) when (S3Fault.IsFault(failure, cancel))
        {
            throw S3Fault.ToUnavailable(failure);
        }
    }

    public ValueTask<Stream?> OpenOriginalAsync(StoredBody body, CancellationToken cancel)
    {
        _cache.Forget(body.Id);
        return OpenAsync(body, cancel);
    }

    public async ValueTask DeleteAsync(BodyId id, CancellationToken cancel)
    {
        try
        {
            _cache.Forget(id);
            await _client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _options.Bucket, Key = KeyOf(id) }, cancel);
        }
        catch (AmazonS3Exception failure) when (S3Fault.IsMissing(failure))
        {
            // It is not there: that was asked for.
        }
        catch (Exception failure) when (S3Fault.IsFault(failure, cancel))
        {
            throw S3Fault.ToUnavailable(failure);
        }
    }

    public async IAsyncEnumerable<ListedBody> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        string? next = null;
        do
        {
            ListObjectsV2Response page = await PageAsync(next, cancel);
            foreach (S3Object found in page.S3Objects ?? [])
            {
                // Under a longer prefix that begins like ours lie the bodies of others.
                if (Guid.TryParseExact(found.Key[(found.Key.LastIndexOf('/') + 1)..], "N", out Guid id)
                    && found.Key == KeyOf(new BodyId(id))
                    && found.LastModified is { } uploaded)
                {
                    // Name and time are of one answer, and what is listed is whole.
                    yield return new ListedBody(new BodyId(id), new DateTimeOffset(uploaded.ToUniversalTime(), TimeSpan.Zero), IsPart: false);
                }
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    public void Dispose() => _client.Dispose();

    private string KeyOf(BodyId id)
    {
        string name = id.Value.ToString("N", CultureInfo.InvariantCulture);
        return $"{_options.Prefix}{name[^2..]}/{name}";
    }

    private async ValueTask<ListObjectsV2Response> PageAsync(string? next, CancellationToken cancel)
    {
        try
        {
            return await _client.ListObjectsV2Async(
                new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _options.Prefix, ContinuationToken = next }, cancel);
        }
        catch (Exception failure) when (S3Fault.IsFault(failure, cancel))
        {
            throw S3Fault.ToUnavailable(failure);
        }
    }

    /// <summary>Fetches a body through the cache, if its octets are those that were stored.</summary>
    private async ValueTask<Stream> DownloadAsync(StoredBody body, CancellationToken cancel)
    {
        FileStream part = _cache.CreatePart();
        try
        {
            await using (part)
            {
                using GetObjectResponse answer = await _client.GetObjectAsync(new GetObjectRequest { BucketName = _options.Bucket, Key = KeyOf(body.Id) }, cancel);
                await using Stream octets = answer.ResponseStream;
                try
                {
                    await octets.CopyToAsync(part, cancel);
                }
                catch (AmazonClientException) when (part.Length == answer.ContentLength)
                {
                    // The client library compares with the ETag after the last octet of the object; ours is the hash that counts.
                }

                part.Position = 0;
                if (!(await SHA256.HashDataAsync(part, cancel)).AsSpan().SequenceEqual(body.Hash))
                {
                    throw new StoreUnavailableException($"Body {body.Id} is damaged in the bucket: its octets are not those that were stored.", isFull: false) { IsDamaged = true };
                }
            }

            return _cache.KeepOpen(body.Id, part.Name);
        }
        finally
        {
            File.Delete(part.Name);
        }
    }

    private sealed class Upload(S3BlobStore store, BodyId id, FileStream part) : BlobUpload
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
        {
            try
            {
                await part.WriteAsync(octets, cancel);
            }
            catch (IOException failure)
            {
                throw S3Fault.ToUnavailable(failure);
            }
        }

        public override async ValueTask CompleteAsync(CancellationToken cancel)
        {
            try
            {
                await part.DisposeAsync();

                // Chunked signatures (UseChunkEncoding) are stored as part of the object by some servers: the payload is signed as a whole.
                await store._client.PutObjectAsync(
                    new PutObjectRequest { BucketName = store._options.Bucket, Key = store.KeyOf(id), FilePath = part.Name, UseChunkEncoding = false }, cancel);
                store._cache.Keep(id, part.Name);
            }
            catch (Exception failure) when (S3Fault.IsFault(failure, cancel))
            {
                throw S3Fault.ToUnavailable(failure);
            }
        }

        public override async ValueTask DisposeAsync()
        {
            await part.DisposeAsync();
            File.Delete(part.Name);
        }
    }
}
