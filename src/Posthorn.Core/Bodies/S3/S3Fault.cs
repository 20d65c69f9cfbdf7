using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Bodies.S3;

/// <summary>What an error of the bucket means for the store.</summary>
internal static class S3Fault
{
    /// <summary>The server, the way to it or its answer failed. The program's own stop is none of it.</summary>
    public static bool IsFault(Exception failure, CancellationToken cancel) => failure switch
    {
        AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException => true,
        OperationCanceledException => !cancel.IsCancellationRequested,
        _ => false,
    };

    public static bool IsMissing(AmazonS3Exception failure) => failure.StatusCode == HttpStatusCode.NotFound && failure.ErrorCode != "NoSuchBucket";

    public static StoreUnavailableException ToUnavailable(Exception failure) =>
        new($"A body cannot be read or written in the bucket: {Reason(failure)}", isFull: false, failure);

    public static StoreOpeningException ToOpening(S3Options options, Exception failure) => new((failure as AmazonServiceException)?.StatusCode switch
    {
        HttpStatusCode.NotFound => $"There is no {options}. Create it, or correct bodies.bucket.",
        HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized =>
            $"The {options} refuses the keys. Check bodies.accessKey and bodies.secretKey, and that they may list, read, write and delete.",
        _ => $"The {options} cannot be reached: {Reason(failure)} Check bodies.endpoint.",
    }, failure);

    private static string Reason(Exception failure)
    {
        string text = (failure is AmazonServiceException ? failure : failure.GetBaseException()).Message.ReplaceLineEndings(" ");
        return text.EndsWith('.') ? text : text + ".";
    }
}
